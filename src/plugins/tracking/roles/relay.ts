// The relay: has the queue learn of what was dispatched in transactions, after they have committed. Any number of them
// share the work; a dispatch whose process died is found by whichever looks next.
import type { EntityManager } from 'typeorm';
import type { Role } from '../../../core/host/role.js';
import type { Logger } from '../../../core/log/logger.js';
import type { OutboxSignal } from '../outbox-signal.js';
import { deleteMany, selectByIds } from '../store/bulk.js';
import { type ExecutionRow, executionColumns, type StoreDialect } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';
import type { HandedOver, HandOver } from './hand-over.js';
import { Rounds } from './rounds.js';

export interface RelayParts {
  readonly database: StoreDatabase;
  readonly handOver: HandOver;
  /** Tells what this process dispatches; without it the relay only looks now and then. */
  readonly signal: OutboxSignal | undefined;
  readonly logger: Logger;
}

interface OutboxRow {
  readonly seq: number;
  readonly execution_id: string;
}

/** Executions that are passed on together. */
const batch = 500;
/** Text of payloads that is passed on together, about. */
const mostText = 2 ** 22;
/** Of so few executions it is not asked: the question costs as much as a tenth of passing them on. */
const fewRows = 64;
/** Between two looks while nothing is dispatched in this process. */
const idleMs = 500;
/** Between two looks while something that was dispatched here is still to commit. */
const shortestMs = 2;
const longestMs = 40;
/** A transaction that has not committed by then is found by the idle look. */
const awaitedMs = 5_000;

const outboxRows = {
  table: 'execution_outbox',
  key: { name: 'seq', type: 'BIGINT UNSIGNED' },
  index: 'PRIMARY',
} as const;

export class Relay implements Role {
  readonly name = 'the relay of dispatches';
  readonly #parts: RelayParts;
  readonly #rounds: Rounds;
  /** Dispatched here and not seen in the outbox yet, the oldest first; with the time until which it is waited for. */
  readonly #awaited = new Map<string, number>();
  #stepMs = shortestMs;
  #unlisten: (() => void) | undefined;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    const { logger } = parts;
    const round = () => this.round();
    this.#rounds = new Rounds({ name: this.name, logger, round, retryMs: idleMs });
  }

  start(): void {
    if (this.#rounds.stopped) return;
    this.#unlisten ??= this.#parts.signal?.onDispatched((ids) => this.#expect(ids));
    this.#rounds.start();
  }

  stop(): Promise<void> {
    this.#unlisten?.();
    return this.#rounds.stop();
  }

  /** Passes on all that has committed. Resolves with the time to the next look, in milliseconds. */
  async round(): Promise<number> {
    let most = 0;
    for (;;) {
      const { passed, isAll } = await this.#passOn();
      most = Math.max(most, passed);
      if (isAll || this.#rounds.stopped) break;
    }
    this.#giveUpLate();
    if (this.#awaited.size === 0) return idleMs;
    this.#stepMs = most > 0 ? shortestMs : Math.min(longestMs, this.#stepMs * 2);
    return this.#stepMs;
  }

  #expect(ids: readonly string[]): void {
    const until = performance.now() + awaitedMs;
    if (this.#awaited.size === 0) this.#stepMs = shortestMs;
    for (const id of ids) this.#awaited.set(id, until);
    this.#rounds.within(this.#stepMs);
  }

  #giveUpLate(): void {
    const now = performance.now();
    for (const [id, until] of this.#awaited) {
      if (until > now) return;
      this.#awaited.delete(id);
    }
  }

  /** @returns how many rows were taken from the outbox, and whether those were all. */
  async #passOn(): Promise<{ readonly passed: number; readonly isAll: boolean }> {
    const { database, handOver } = this.#parts;
    // Most looks find nothing, and are to cost one small statement.
    const some = await database.use(
      async (manager): Promise<unknown[]> =>
        manager.query('SELECT 1 FROM execution_outbox LIMIT 1'),
    );
    if (some.length === 0) return { passed: 0, isAll: true };
    // Held while the queue answers, so that no other relay does the same. One process alone uses a file of SQLite, whose
    // other writers must not wait for the queue.
    const { rows, handed, isAll } =
      database.dialect === 'mariadb'
        ? await database.transaction((manager, dialect) => this.#take(manager, dialect))
        : await database.use((manager, dialect) => this.#take(manager, dialect));
    await handOver.record(handed);
    for (const { execution_id } of rows) this.#awaited.delete(execution_id);
    return { passed: rows.length, isAll };
  }

  async #take(
    manager: EntityManager,
    dialect: StoreDialect,
  ): Promise<{ rows: readonly OutboxRow[]; handed: HandedOver; isAll: boolean }> {
    const lock = dialect === 'mariadb' ? 'FOR UPDATE SKIP LOCKED' : '';
    const next: OutboxRow[] = await manager.query(
      `SELECT seq, execution_id FROM execution_outbox ORDER BY seq LIMIT ${batch} ${lock}`,
    );
    if (next.length === 0) return { rows: [], handed: { queued: [], refused: [] }, isAll: true };
    const rows = await this.#upToSize(manager, dialect, next);
    const ids = rows.map(({ execution_id }) => execution_id);
    const columns = executionColumns;
    const known = await selectByIds<ExecutionRow>(manager, dialect, { columns, ids, lock: 'none' });
    // What was cancelled meanwhile, or passed on by a relay that died before it said so, is left as it is.
    const handed = await this.#parts.handOver.enqueue(
      known.filter(({ status }) => status === 'pending'),
    );
    const seqs = rows.map(({ seq }) => Number(seq));
    await deleteMany(manager, dialect, outboxRows, seqs);
    return { rows, handed, isAll: next.length < batch && rows.length === next.length };
  }

  /** The first of them that are not too much together: five hundred of the largest would hold up the process and the queue. */
  async #upToSize(
    manager: EntityManager,
    dialect: StoreDialect,
    rows: readonly OutboxRow[],
  ): Promise<readonly OutboxRow[]> {
    if (rows.length <= fewRows) return rows;
    const ids = rows.map(({ execution_id }) => execution_id);
    const columns = 'id, LENGTH(payload) AS size';
    const known = await selectByIds<{ readonly id: string; readonly size: number | string | null }>(
      manager,
      dialect,
      { columns, ids, lock: 'none' },
    );
    const sizes = new Map(known.map(({ id, size }) => [id, Number(size ?? 0)]));
    let all = 0;
    const tooMany = rows.findIndex(({ execution_id }) => {
      all += sizes.get(execution_id) ?? 0;
      return all > mostText;
    });
    return tooMany < 0 ? rows : rows.slice(0, Math.max(1, tooMany));
  }
}
