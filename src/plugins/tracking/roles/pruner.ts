// The pruner: forgets executions whose time is over, with their attempts, in small batches with pauses between them. Any
// number of runtimes may prune at once; one that finds another at all of a page leaves the work to it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FinalState } from '../../../core/execution.js';
import type { Role } from '../../../core/host/role.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Seams } from '../../../core/seams.js';
import { idColumn } from '../store/beginnings.js';
import { deleteMany, executionById, listOf, listParameter } from '../store/bulk.js';
import { columnTime } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';
import type { Retention } from './retention.js';
import { Rounds } from './rounds.js';
import { UnknownStates } from './unknown-states.js';

export interface PrunerParts {
  readonly database: StoreDatabase;
  readonly retention: Retention;
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now' | 'random'>;
  /**
   * Between two batches it waits so many times as long as one took: pruning takes no more than this part of the
   * database's time.
   * @default 6
   */
  readonly pauseFactor?: number;
}

interface EndedRow {
  readonly seq: number;
  readonly id: string;
  readonly task: string;
  readonly status: FinalState;
  /** With all its digits. */
  readonly ended: string;
}

/** A place among the executions in the order of their ends. */
interface Place {
  readonly completedAt: string;
  readonly seq: number;
}

/** Rows that are read, and at most deleted, at once. */
const batch = 500;
const everyMs = 60_000;
const shortestPauseMs = 5;
const longestPauseMs = 2_000;
/** Places that were passed are looked at again: what ended long ago may have been recorded late. */
const rewindMs = 86_400_000;
const beginning: Place = { completedAt: columnTime(0), seq: 0 };

const attempts = {
  table: 'execution_attempt',
  key: { ...idColumn, name: 'execution_id' },
  index: 'PRIMARY',
};
const executions = { table: 'execution', key: idColumn, index: 'ux_execution_id' };

export class Pruner implements Role {
  readonly name = 'the pruner';
  readonly #parts: PrunerParts;
  readonly #rounds: Rounds;
  readonly #stop = new AbortController();
  /**
   * By time to keep: up to where everything of it was looked at. Each time has a place of its own, since what is to be
   * kept for long must not be read again and again for the sake of what is not.
   */
  readonly #places = new Map<number, Place>();
  readonly #unknownStates: UnknownStates;
  #rewoundAt: number;

  constructor(parts: PrunerParts) {
    this.#parts = parts;
    this.#rewoundAt = parts.seams.now();
    const { logger } = parts;
    this.#unknownStates = new UnknownStates(logger);
    const round = () => this.round();
    this.#rounds = new Rounds({ name: this.name, logger, round, retryMs: everyMs });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.#rounds.stop();
  }

  /** Forgets all whose time is over. Resolves with the time to the next round, in milliseconds. */
  async round(): Promise<number> {
    const { retention, logger, seams } = this.#parts;
    if (seams.now() - this.#rewoundAt > rewindMs) {
      this.#rewoundAt = seams.now();
      this.#places.clear();
    }
    let forgotten = 0;
    try {
      for (const keptMs of retention.all) forgotten += await this.#prune(keptMs);
    } finally {
      if (forgotten > 0) logger.info('old executions forgotten', { count: forgotten });
    }
    // Runtimes that were started together do not meet every time.
    return everyMs * (0.5 + seams.random());
  }

  /** @returns how many were forgotten of those that are kept for so long. */
  async #prune(keptMs: number): Promise<number> {
    const { seams, retention, pauseFactor = 6 } = this.#parts;
    const until = columnTime(seams.now() - keptMs);
    let forgotten = 0;
    while (!this.#stop.signal.aborted) {
      const startedAt = performance.now();
      const rows = await this.#page(this.#places.get(keptMs) ?? beginning, until);
      const last = rows.at(-1);
      if (last === undefined) break;
      const times = rows.map((row) => ({ row, time: retention.of(row.task, row.status) }));
      this.#unknownStates.name(
        times.filter(({ time }) => time === undefined).map(({ row }) => row),
      );
      const expired = times.filter(({ time }) => time === keptMs).map(({ row }) => row);
      const deleted = await this.#delete(expired);
      forgotten += deleted;
      // Another runtime is at all of it. Of two that had a part each, both go on: neither may leave the rest to the other.
      if (deleted === 0 && expired.length > 0) break;
      // What another has locked is looked at again: its transaction may come to nothing.
      if (deleted === expired.length) {
        this.#places.set(keptMs, { completedAt: last.ended, seq: last.seq });
      }
      if (rows.length < batch) break;
      const pauseMs = (performance.now() - startedAt) * pauseFactor;
      await this.#pause(Math.min(longestPauseMs, Math.max(shortestPauseMs, pauseMs)));
    }
    return forgotten;
  }

  /** What ended at a place or after it, and before a time; in the order of ends. */
  #page(from: Place, until: string): Promise<EndedRow[]> {
    return this.#parts.database.use(async (manager, dialect) => {
      const index =
        dialect === 'mariadb'
          ? 'FORCE INDEX (ix_execution_completed)'
          : 'INDEXED BY ix_execution_completed';
      // Every index ends with the key of its row, so that the order of both is the index's own.
      return manager.query(
        `SELECT seq, id, task, status, CAST(completed_at AS CHAR) AS ended FROM execution ${index}
         WHERE completed_at >= ? AND completed_at < ? AND (completed_at > ? OR seq > ?)
         ORDER BY completed_at, seq LIMIT ${batch}`,
        [from.completedAt, until, from.completedAt, from.seq],
      );
    });
  }

  /** @returns how many of them were still there. */
  async #delete(rows: readonly EndedRow[]): Promise<number> {
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id).sort();
    return this.#parts.database.transaction(async (manager, dialect) => {
      const known: { id: string }[] = await manager.query(
        `SELECT id FROM ${executionById(dialect)} WHERE id IN ${listOf(dialect)}
         AND completed_at IS NOT NULL ORDER BY id ${dialect === 'mariadb' ? 'FOR UPDATE SKIP LOCKED' : ''}`,
        [listParameter(dialect, ids)],
      );
      if (known.length === 0) return 0;
      const gone = known.map(({ id }) => id);
      await deleteMany(manager, dialect, attempts, gone);
      await deleteMany(manager, dialect, executions, gone);
      return known.length;
    });
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
