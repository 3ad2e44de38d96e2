// The connections of one source in this process: how many there may be, which are warm, and how each ends.
import type { Logger } from '../core/log/logger.js';
import { NotInTime } from '../core/within.js';
import type { Connection, Engine, SessionOptions } from './engine.js';
import { ConnectionError } from './errors.js';
import type { ConnectionAccount, LeaseEnd } from './ledger.js';
import { type Patience, Permits, type Release } from './permits.js';

/** A connection that lay unused for longer than this is asked whether it still answers. */
const trustedIdleMs = 1_000;

export interface LeasePoolParts {
  readonly source: string;
  readonly engine: Engine;
  readonly max: number;
  readonly acquireTimeoutMs: number;
  /** How long a warm connection may lie unused; 0 keeps none warm. */
  readonly idleMs: number;
  readonly session?: SessionOptions;
  readonly logger: Logger;
}

/** How a connection is ended: clean, with traces of its work in the session, or at work. */
export type Ending = 'close' | 'discard' | 'kill';

/** One real connection, held by one run. */
export interface Lease {
  readonly connection: Connection;
  /** Makes its place in the pool free for another. */
  readonly vacate: Release;
}

interface Warm {
  readonly connection: Connection;
  /** On the clock of `performance.now()`. */
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

export class LeasePool {
  readonly #parts: LeasePoolParts;
  readonly #places: Permits;
  /** The one used last is used next, so that the others can grow old. */
  readonly #warm: Warm[] = [];
  readonly #account = { opened: 0, closed: 0, killed: 0, leaked: 0 };
  readonly #ending = new Set<Promise<LeaseEnd>>();
  #closed = false;

  constructor(parts: LeasePoolParts) {
    this.#parts = parts;
    this.#places = new Permits(parts.max);
  }

  account(): ConnectionAccount {
    const { opened, closed, killed, leaked } = this.#account;
    return { opened, closed, killed, leaked, open: opened - closed - killed - leaked };
  }

  /**
   * A warm connection that answers, or a new one. A connection that comes after patience is over is
   * ended at once.
   * @throws SkepError `SKEP_LEASE_TIMEOUT`, or what connecting throws; the signal's reason when
   * patience is over.
   */
  async acquire(patience: Patience): Promise<Lease> {
    const vacate = await this.#place(patience);
    try {
      const connection = (await this.#fromWarm()) ?? (await this.#connect(patience));
      if (!patience.over) return { connection, vacate };
      await this.#finish(connection, 'close');
      throw patience.signal.reason;
    } catch (error) {
      vacate();
      throw error;
    }
  }

  /** Whether a connection that lay unused since then can still be used. */
  async answers(connection: Connection, since: number): Promise<boolean> {
    if (connection.lost) return false;
    if (performance.now() - since < trustedIdleMs) return true;
    try {
      await connection.ping();
      return !connection.lost;
    } catch {
      return false;
    }
  }

  /** Gives a clean connection back; it stays warm for a while. */
  async giveBack(lease: Lease): Promise<LeaseEnd> {
    const { connection, vacate } = lease;
    if (this.#closed || this.#parts.idleMs === 0 || connection.lost)
      return this.end(lease, 'close');
    const timer = setTimeout(() => this.#cool(connection), this.#parts.idleMs);
    timer.unref();
    this.#warm.push({ connection, since: performance.now(), timer });
    vacate();
    return 'closed';
  }

  /** Ends a lease and its connection for good. Never rejects. */
  async end({ connection, vacate }: Lease, how: Ending): Promise<LeaseEnd> {
    const end = await this.#finish(connection, how);
    vacate();
    return end;
  }

  /** Closes what is warm, and waits for what is being closed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { connection, timer } of this.#warm.splice(0)) {
      clearTimeout(timer);
      void this.#finish(connection, 'close');
    }
    await Promise.all(this.#ending);
  }

  async #place(patience: Patience): Promise<Release> {
    const { source, max, acquireTimeoutMs } = this.#parts;
    try {
      return await this.#places.take(acquireTimeoutMs, patience);
    } catch (error) {
      if (!(error instanceof NotInTime)) throw error;
      const message = `${source}: none of its ${max} connections became free within ${acquireTimeoutMs} ms`;
      throw new ConnectionError('SKEP_LEASE_TIMEOUT', message);
    }
  }

  async #fromWarm(): Promise<Connection | undefined> {
    for (let warm = this.#warm.pop(); warm; warm = this.#warm.pop()) {
      clearTimeout(warm.timer);
      if (await this.answers(warm.connection, warm.since)) return warm.connection;
      void this.#finish(warm.connection, 'close');
    }
    return undefined;
  }

  async #connect(patience: Patience): Promise<Connection> {
    const { engine, session } = this.#parts;
    const connection = await engine.connect(patience.signal, session);
    this.#account.opened += 1;
    return connection;
  }

  #cool(connection: Connection): void {
    const at = this.#warm.findIndex((warm) => warm.connection === connection);
    if (at === -1) return;
    this.#warm.splice(at, 1);
    void this.#finish(connection, 'close');
  }

  async #finish(connection: Connection, how: Ending): Promise<LeaseEnd> {
    const ending = this.#endOf(connection, how);
    this.#ending.add(ending);
    const end = await ending;
    this.#ending.delete(ending);
    this.#account[end] += 1;
    return end;
  }

  async #endOf(connection: Connection, how: Ending): Promise<LeaseEnd> {
    // What the server has ended itself must not be killed: it may have given the number to another since.
    if (how !== 'kill' || connection.lost) {
      if (await this.#closes(connection, how === 'close')) return 'closed';
    }
    if (!connection.lost && (await this.#killed(connection))) return 'killed';
    connection.destroy();
    return 'leaked';
  }

  async #closes(connection: Connection, clean: boolean): Promise<boolean> {
    try {
      await connection.close(clean);
      return true;
    } catch (error) {
      this.#warn('closing a connection failed', connection, error);
      return false;
    }
  }

  async #killed(connection: Connection): Promise<boolean> {
    try {
      await this.#parts.engine.kill(connection);
      return true;
    } catch (error) {
      this.#warn('a connection could not be killed on the server', connection, error);
      return false;
    }
  }

  #warn(message: string, connection: Connection, error: unknown): void {
    const { source, logger } = this.#parts;
    logger.warn(message, { source, connectionId: connection.id, error });
  }
}
