// The first look of the reconciler: goes round the executions that are not final, a few pages at a time, and notes those
// that nobody may know of any more.
import type { Broker } from '../../../core/ports/broker.js';
import { listOf, listParameter } from '../store/bulk.js';
import { databaseTimeAfter, type StoreDialect } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';

export type SuspectStatus = 'pending' | 'queued' | 'retrying' | 'running';

/** An execution as it was when it was noted; what has changed since is in order. */
export interface Suspect {
  readonly id: string;
  readonly status: SuspectStatus;
  readonly fence: number;
}

interface PageRow {
  readonly seq: number;
  readonly id: string;
  readonly fence: number;
  /** 1 or 0; a driver may give it as text. */
  readonly suspect: number | string;
}

export interface SuspectsParts {
  readonly database: StoreDatabase;
  readonly broker: Pick<Broker, 'holds'>;
}

/** Rows of a page; the queue is asked about all of them at once. */
export const pageSize = 500;
/** Pages that are read of a state before those of the next, while nothing is found. */
const pagesAtOnce = 4;
/** Noted at one time, about; the rest is found when these are back in the queue. */
const mostSuspects = 10_000;
/** What is dispatched takes a moment from its record to the queue. */
const pendingForMs = 10_000;
/** A worker that has not said for so long that it lives is gone. */
export const goneAfterMs = 15_000;
/**
 * The same where no queue vouches for a run beside its worker: the heartbeat stands still as long as code blocks the event
 * loop, and what runs may not be taken for dead.
 */
const goneWithoutQueueMs = 300_000;

export class Suspects {
  readonly #parts: SuspectsParts;
  /** Where the round goes on, by state. */
  readonly #cursors = new Map<SuspectStatus, number>();

  constructor(parts: SuspectsParts) {
    this.#parts = parts;
  }

  /**
   * Looks among executions of these states.
   * @param found takes what is found, so that a failure in the middle loses nothing of it.
   */
  async find(statuses: readonly SuspectStatus[], found: Suspect[]): Promise<void> {
    for (const status of statuses) await this.#among(status, found);
  }

  /** Those of the ids that run on a worker that is gone, as far as the database knows. */
  abandoned(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#fitting(ids, isAbandoned);
  }

  /** Those of the ids that `skep run` performed in a process that is gone, as far as the database knows. */
  abandonedWithoutQueue(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#fitting(ids, isAbandonedWithoutQueue);
  }

  async #fitting(
    ids: readonly string[],
    condition: (dialect: StoreDialect) => string,
  ): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows = await this.#parts.database.use(
      async (manager, dialect): Promise<{ id: string }[]> =>
        manager.query(
          `SELECT e.id FROM execution e LEFT JOIN worker w ON w.id = e.worker
           WHERE e.id IN ${listOf(dialect)} AND ${condition(dialect)}`,
          [listParameter(dialect, ids)],
        ),
    );
    return new Set(rows.map(({ id }) => id));
  }

  async #among(status: SuspectStatus, found: Suspect[]): Promise<void> {
    for (let pages = 1; found.length < mostSuspects; pages += 1) {
      const page = await this.#page(status, this.#cursors.get(status) ?? 0);
      const open = page.filter(({ suspect }) => Number(suspect) === 1);
      // What is pending may be in the queue already; its record is to say so.
      const ids = status === 'pending' ? [] : open.map(({ id }) => id);
      const held = await this.#parts.broker.holds(ids);
      const missing = open.filter(({ id }) => !held.has(id));
      found.push(...missing.map(({ id, fence }) => ({ id, status, fence })));
      const last = page.at(-1);
      const isLast = last === undefined || page.length < pageSize;
      this.#cursors.set(status, isLast ? 0 : last.seq);
      // A few have been run since the page was read; where most are missing, the queue has lost its memory.
      const isInOrder = missing.length < page.length / 2;
      if (isLast || (isInOrder && pages >= pagesAtOnce)) return;
    }
  }

  /**
   * Rows of a state in the order in which they were recorded. Of what is pending all of them, suspect or not: were those left
   * out that wait for the relay, a page would read through a hundred thousand of them to find none.
   */
  #page(status: SuspectStatus, after: number): Promise<PageRow[]> {
    return this.#parts.database.use(async (manager, dialect) =>
      manager.query(
        `SELECT e.seq, e.id, e.fence, ${status === 'pending' ? isLeftOver(dialect) : '1'} AS suspect
         FROM ${byStatus(dialect)} LEFT JOIN worker w ON w.id = e.worker
         WHERE e.status = ? AND e.seq > ? ${status === 'running' ? `AND ${isAbandoned(dialect)}` : ''}
         ORDER BY e.seq LIMIT ${pageSize}`,
        [status, after],
      ),
    );
  }
}

/** By an index that has them in this order: a scan of the history would take minutes. */
function byStatus(dialect: StoreDialect): string {
  return dialect === 'mariadb'
    ? 'execution e FORCE INDEX (ix_execution_status)'
    : 'execution e INDEXED BY ix_execution_status';
}

/** Recorded long enough ago, and not for the relay to queue, which takes what stands in the outbox. */
function isLeftOver(dialect: StoreDialect): string {
  const isLate = `e.created_at < ${databaseTimeAfter(dialect, -pendingForMs)}`;
  return `(${isLate} AND NOT EXISTS (SELECT 1 FROM execution_outbox o WHERE o.execution_id = e.id))`;
}

/** The worker is not there, has been silent, or is another process that was given the name of the one that ran it. */
function isAbandoned(dialect: StoreDialect): string {
  const silent = databaseTimeAfter(dialect, -goneAfterMs);
  return `(w.id IS NULL OR w.beat_at < ${silent} OR w.started_at > e.started_at)`;
}

function isAbandonedWithoutQueue(dialect: StoreDialect): string {
  const silent = databaseTimeAfter(dialect, -goneWithoutQueueMs);
  return `(COALESCE(w.beat_at, e.started_at) < ${silent} OR w.started_at > e.started_at)`;
}
