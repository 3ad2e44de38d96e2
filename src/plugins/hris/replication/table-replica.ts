// Brings one replicated table in line with HRIS: writes what is new or changed, deactivates what vanished.
import type { EntityManager } from 'typeorm';
import type { Hashed, ReplicatedRow } from '../entities.js';
import { rowHash } from './row-hash.js';
import { type DeactivationLimit, ShortReadError } from './short-read-error.js';
import type { SourceTable } from './source-tables.js';
import type { RejectedRow } from './source-values.js';

/** What became of a table's rows; `read` is the sum of inserted, updated, unchanged and rejected. */
export interface ReplicaCounts {
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  /** Active rows that are no longer in HRIS. */
  readonly deactivated: number;
  readonly unchanged: number;
  /** Rows that were set aside because a value of them cannot be taken. */
  readonly rejected: number;
}

interface Known {
  readonly hash: string | null;
  readonly active: boolean;
}

/** Rows of one statement; SQLite takes 32,766 parameters. */
const rowsPerStatement = 500;

/** One table within one replication. Use it for one reading of the source, then `finish`. */
export class TableReplica<Row extends ReplicatedRow> {
  /** Rows of Maria that the source has not shown yet. */
  readonly #unseen: Map<number, Known>;
  readonly #activeBefore: number;
  readonly #columns: string[];
  #read = 0;
  #inserted = 0;
  #updated = 0;
  #rejected = 0;

  private constructor(
    private readonly manager: EntityManager,
    private readonly table: SourceTable<Row>,
    known: ReadonlyMap<number, Known>,
  ) {
    this.#unseen = new Map(known);
    this.#activeBefore = [...known.values()].filter(({ active }) => active).length;
    this.#columns = manager.dataSource
      .getMetadata(table.entity)
      .columns.filter(({ isPrimary }) => !isPrimary)
      .map(({ databaseName }) => databaseName);
  }

  /** Reads which rows Maria has. */
  static async open<Row extends ReplicatedRow>(
    manager: EntityManager,
    table: SourceTable<Row>,
  ): Promise<TableReplica<Row>> {
    const rows = await manager
      .createQueryBuilder()
      .select('id')
      .addSelect('active')
      .addSelect('row_hash', 'hash')
      .from(table.entity.options.tableName ?? '', 'replica')
      .getRawMany<{ id: number; active: number; hash: string | null }>();
    const known = rows.map(({ id, active, hash }) => [id, { hash, active: active === 1 }] as const);
    return new TableReplica(manager, table, new Map(known));
  }

  /** Writes those of the source's rows that are new or have changed. */
  async write(rows: readonly Row[]): Promise<void> {
    const changed: Hashed<Row>[] = [];
    for (const row of rows) {
      const hashed = { ...row, rowHash: rowHash(row) };
      const known = this.#unseen.get(row.id);
      this.#unseen.delete(row.id);
      this.#read += 1;
      if (known?.hash === hashed.rowHash) continue;
      if (known) this.#updated += 1;
      else this.#inserted += 1;
      changed.push(hashed);
    }
    for (const chunk of chunks(changed, rowsPerStatement)) {
      await this.manager
        .createQueryBuilder()
        .insert()
        .into(this.table.entity)
        .values(chunk)
        .orUpdate(this.#columns, ['id'])
        .updateEntity(false)
        .execute();
    }
  }

  /**
   * Sets rows aside that the source shows with values that cannot be taken. What is stored of them stands as it is:
   * they have not vanished, and the last values that were good say more than none.
   */
  setAside(rows: readonly RejectedRow[]): void {
    for (const { key } of rows) if (typeof key === 'number') this.#unseen.delete(key);
    this.#read += rows.length;
    this.#rejected += rows.length;
  }

  /**
   * Deactivates what the source did not show, once all of it was read. Rows that HRIS itself marks inactive were shown:
   * they are no loss.
   * @throws ShortReadError when more rows vanished than is believed, or the source showed no row at all.
   */
  async finish(limit: DeactivationLimit): Promise<ReplicaCounts> {
    const vanished = [...this.#unseen].filter(([, { active }]) => active).map(([id]) => id);
    const believed = Math.max(limit.maxDeactivation * this.#activeBefore, limit.minDeactivation);
    const showedNothing = this.#read === 0 && limit.maxDeactivation < 1;
    if (vanished.length > believed || (vanished.length > 0 && showedNothing)) {
      throw new ShortReadError(this.table.name, this.#activeBefore, vanished.length, limit);
    }
    for (const ids of chunks(vanished, rowsPerStatement)) {
      await this.manager
        .createQueryBuilder()
        .update(this.table.entity)
        .set({ active: false, rowHash: null })
        .where('id IN (:...ids)', { ids })
        .execute();
    }
    return {
      read: this.#read,
      inserted: this.#inserted,
      updated: this.#updated,
      deactivated: vanished.length,
      unchanged: this.#read - this.#inserted - this.#updated - this.#rejected,
      rejected: this.#rejected,
    };
  }
}

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
