// Lets the statements of one lease of a SQLite file through. Writers of one file wait for each other here,
// without blocking the process; for those of other processes they ask again until the time is over.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { SkepError } from '../../core/errors/skep-error.js';
import { NotInTime } from '../../core/within.js';
import type { StatementGate } from '../engine.js';
import { ConnectionError, codeOf } from '../errors.js';
import type { Patience, Permits, Release } from '../permits.js';
import { isReading } from '../read-only.js';
import { leadingWord } from '../sql-words.js';
import type { SqliteHandle } from './sqlite-handle.js';

const shortestPauseMs = 2;
const longestPauseMs = 50;

/** Of a service: its write was begun inside the transaction that it waits for. The record of an error has no remedy of its own. */
const enclosingTransaction =
  'the transaction inside which this write of a service was begun (pass on its manager, or call the service after it)';

/** Statements that cannot stand inside a transaction. */
const alone = new Set(['PRAGMA', 'VACUUM', 'ATTACH', 'DETACH']);

/** The gates of the work inside which the present code was begun, outermost first. */
const enclosing = new AsyncLocalStorage<readonly SqliteGate[]>();

export interface SqliteGateParts {
  readonly source: string;
  readonly file: string;
  readonly handle: SqliteHandle;
  /** The write lock of the file in this process. */
  readonly lock: Permits;
  readonly patience: Patience;
  readonly waitMs: number;
}

export class SqliteGate implements StatementGate {
  readonly #parts: SqliteGateParts;
  #release: Release | undefined;

  constructor(parts: SqliteGateParts) {
    this.#parts = parts;
  }

  async pass<T>(sql: string, send: (sql: string) => Promise<T>): Promise<T> {
    if (this.#release !== undefined) return this.#inTransaction(() => send(sql));
    const word = leadingWord(sql, 'sqlite');
    if (word === 'BEGIN') return this.#begin<T>();
    if (word === 'SAVEPOINT') {
      await this.#begin();
      return this.#inTransaction(() => send(sql));
    }
    if (isReading(sql, 'sqlite')) return send(sql);
    return alone.has(word) ? this.#alone(() => send(sql)) : this.#byItself(() => send(sql));
  }

  /** Whether this gate holds the write lock. */
  holds(lock: Permits): boolean {
    return this.#release !== undefined && this.#parts.lock === lock;
  }

  surround<T>(work: () => Promise<T>): Promise<T> {
    return enclosing.run([...(enclosing.getStore() ?? []), this], work);
  }

  leave(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** The lock stays until the statement that ends the transaction has gone through. */
  async #inTransaction<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } finally {
      if (!this.#parts.handle.inTransaction) this.leave();
    }
  }

  /** A writing statement outside a transaction gets one of its own, so that it never finds the file locked. */
  async #byItself<T>(step: () => Promise<T>): Promise<T> {
    const { handle } = this.#parts;
    await this.#begin();
    try {
      const result = await step();
      handle.exec('COMMIT');
      return result;
    } finally {
      handle.rollBack();
      this.leave();
    }
  }

  async #alone<T>(step: () => Promise<T>): Promise<T> {
    await this.#lock();
    try {
      return await step();
    } finally {
      this.leave();
    }
  }

  /** IMMEDIATE takes the file's write lock now: a transaction that reads first cannot lose it later. */
  async #begin<T>(): Promise<T> {
    const { handle, patience, waitMs } = this.#parts;
    const until = performance.now() + waitMs;
    await this.#lock();
    try {
      for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
        try {
          handle.exec('BEGIN IMMEDIATE');
          // TypeORM makes nothing of what BEGIN gives.
          return undefined as T;
        } catch (error) {
          if (!codeOf(error).startsWith('SQLITE_BUSY')) throw error;
          if (performance.now() > until) throw this.#late('another process', error);
        }
        const { signal } = patience;
        await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  async #lock(): Promise<void> {
    const { lock, patience, waitMs } = this.#parts;
    this.#assertNotNested();
    try {
      this.#release = await lock.take(waitMs, patience);
    } catch (error) {
      if (!(error instanceof NotInTime)) throw error;
      const isOwn = enclosingHolder(lock) !== undefined;
      throw this.#late(isOwn ? enclosingTransaction : 'another transaction of this process', error);
    }
  }

  /**
   * A transaction in which this work was begun waits for it, and this work would wait for the transaction. Gates of services are not
   * surrounded: what they write may only have been noted inside a transaction, to be written later.
   */
  #assertNotNested(): void {
    if (!enclosing.getStore()?.includes(this)) return;
    const { lock, source, file } = this.#parts;
    if (enclosingHolder(lock) === undefined) return;
    const message = `${source}: a write was begun inside a transaction on the same SQLite file (${file}), beside the manager of that transaction. The file has one writer at a time, so each would wait for the other`;
    throw new SkepError('SKEP_NESTED_WRITE', message);
  }

  #late(holder: string, cause: unknown): ConnectionError {
    const { source, file, waitMs } = this.#parts;
    const message = `${source}: ${holder} held the write lock of ${file} for longer than ${waitMs} ms`;
    const remedy = 'Write in shorter transactions; do not open a second one inside the first.';
    return new ConnectionError('SKEP_LEASE_TIMEOUT', message, { cause, remedy });
  }
}

/** The gate that holds the lock, if the calling code was begun inside the transaction of that gate. */
export function enclosingHolder(lock: Permits): SqliteGate | undefined {
  return enclosing.getStore()?.find((gate) => gate.holds(lock));
}
