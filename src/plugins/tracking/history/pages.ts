// Reads pages of executions in order, by key.
import type { EntityManager } from 'typeorm';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { HistoryFilter, HistoryPage } from '../../../core/ports/execution-history.js';
import {
  briefColumns,
  columnTime,
  type ExecutionRow,
  executionColumns,
  type StoreDialect,
  withResultNote,
} from '../store/rows.js';
import {
  below,
  branches,
  type Condition,
  everyCondition,
  isByTime,
  timeConditions,
  where,
} from './selection.js';

export interface SequencedRow extends ExecutionRow {
  readonly seq: number;
}

/** The place of an execution in the list. */
interface Anchor {
  readonly seq: number;
  readonly created: string;
}

/**
 * Numbers are given in the order of dispatch, but for clocks that differ and transactions that last: by how much the time
 * of a number may be off, where a time stands beside other filters. Milliseconds.
 */
const slackMs = 120_000;

export class Pages {
  readonly manager: EntityManager;
  readonly dialect: StoreDialect;
  readonly #columns: string;

  /** @param brief without payloads and long results. */
  constructor(manager: EntityManager, dialect: StoreDialect, brief: boolean) {
    this.manager = manager;
    this.dialect = dialect;
    this.#columns = `seq, ${brief ? briefColumns : executionColumns}`;
  }

  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`. */
  async rows(page: HistoryPage): Promise<SequencedRow[]> {
    const older = await this.#anchor(page.before);
    if (isByTime(page)) return this.#byTime(page, older);
    const conditions = [...(older ? [below(older.seq)] : []), ...(await this.timeBounds(page))];
    return this.bySeq(page, conditions, page.limit);
  }

  /** What `before` means in numbers. @throws SkepError `SKEP_EXECUTION_UNKNOWN`. */
  async seqOf(before: string | undefined): Promise<number | undefined> {
    return (await this.#anchor(before))?.seq;
  }

  /** Those that fit the filter, but for its times and its text, and all of the conditions; newest first. */
  async bySeq(
    filter: HistoryFilter,
    conditions: readonly Condition[],
    limit: number,
  ): Promise<SequencedRow[]> {
    const found: SequencedRow[] = [];
    const ways = branches(filter, this.dialect);
    for (const way of ways) {
      const { sql, values } = where([...way.conditions, ...conditions]);
      const rest = `${way.hint} ${sql} ORDER BY seq DESC LIMIT ?`;
      found.push(...(await this.query(rest, [...values, limit])));
    }
    if (ways.length === 1) return found;
    return found.sort((a, b) => b.seq - a.seq).slice(0, limit);
  }

  /** Those of some numbers that fit the filter, but for its text, and the bounds; newest first. */
  async among(
    filter: HistoryFilter,
    bounds: readonly Condition[],
    seqs: readonly number[],
    limit: number,
  ): Promise<SequencedRow[]> {
    if (seqs.length === 0) return [];
    const numbers: Condition = { sql: `seq IN (${seqs.map(() => '?').join(', ')})`, values: seqs };
    const { sql, values } = where([numbers, ...everyCondition(filter), ...bounds]);
    return this.query(`${sql} ORDER BY seq DESC LIMIT ?`, [...values, limit]);
  }

  /** The times of the filter, and between which numbers they lie: so that another index may lead. */
  async timeBounds(filter: HistoryFilter): Promise<Condition[]> {
    const { since, until } = filter;
    const bounds = timeConditions(filter);
    if (since !== undefined) {
      const first = await this.#firstFrom(since - slackMs);
      bounds.push({ sql: 'seq >= ?', values: [first ?? Number.MAX_SAFE_INTEGER] });
    }
    if (until !== undefined) {
      const first = await this.#firstFrom(until + slackMs);
      if (first !== undefined) bounds.push(below(first));
    }
    return bounds;
  }

  /** @param rest what follows `FROM execution`. */
  async query(rest: string, values: readonly (string | number | null)[]): Promise<SequencedRow[]> {
    const rows = await this.manager.query<SequencedRow[]>(
      `SELECT ${this.#columns} FROM execution ${rest}`,
      [...values],
    );
    // A driver may give a BIGINT as text.
    return rows.map((row) => withResultNote({ ...row, seq: Number(row.seq) }));
  }

  #byTime(page: HistoryPage, older: Anchor | undefined): Promise<SequencedRow[]> {
    const conditions = timeConditions(page);
    if (older) {
      // The first half is all that the range in the index is made of.
      conditions.push({
        sql: 'created_at <= ? AND (created_at < ? OR seq < ?)',
        values: [older.created, older.created, older.seq],
      });
    }
    const { sql, values } = where(conditions);
    return this.query(`${this.#byCreated} ${sql} ORDER BY created_at DESC, seq DESC LIMIT ?`, [
      ...values,
      page.limit,
    ]);
  }

  async #firstFrom(ms: number): Promise<number | undefined> {
    const [row] = await this.manager.query<{ seq: number }[]>(
      `SELECT seq FROM execution ${this.#byCreated} WHERE created_at >= ? ORDER BY created_at, seq LIMIT 1`,
      [columnTime(ms)],
    );
    return row && Number(row.seq);
  }

  get #byCreated(): string {
    return this.dialect === 'mariadb' ? 'FORCE INDEX (ix_execution_created)' : '';
  }

  async #anchor(id: string | undefined): Promise<Anchor | undefined> {
    if (id === undefined) return undefined;
    // As text, because a Date would lose the microseconds.
    const [row] = await this.manager.query<Anchor[]>(
      `SELECT seq, ${this.dialect === 'mariadb' ? 'CAST(created_at AS CHAR)' : 'created_at'} AS created FROM execution WHERE id = ?`,
      [id],
    );
    if (row) return { ...row, seq: Number(row.seq) };
    throw new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id} on record`);
  }
}
