// Group commit: the operations of one turn of the event loop share one transaction. Each resolves when that is on the
// disk; one that fails does not fail its neighbours.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Connection } from './connection.js';
import { brokerError, isBusy, isOwnMistake } from './sqlite-errors.js';
import { busyLimitMs, untilFree } from './until-free.js';

/** Joins transactions after the operations in them. What it did may be rolled back until `committed`. */
export interface Rider {
  /** Whether there is a reason for a transaction although no operation waits. */
  wants(): boolean;
  ride(): void;
  committed(): void;
  /** Forget what was noted in the transaction, by `ride` and by the operations before it. */
  rolledBack(): void;
  /** `wants` failed, or a transaction with the rider in it did. */
  failed(error: unknown): void;
}

interface Operation {
  work(): unknown;
  readonly compound: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface AddOptions {
  /** The work is several statements, to be done together or not at all. */
  readonly compound?: boolean;
}

/** So many transactions may wait for the disk before no more is claimed; a disk that hangs holds up the work. */
const mostUnsynced = 16;

export interface GroupCommitParts {
  readonly connection: Connection;
  readonly rider: Rider;
  /** Resolves when everything that was committed before the call is on the disk. */
  sync(): Promise<void>;
  /** How long another process may hold the file before operations fail, in milliseconds. */
  readonly busyLimitMs?: number;
}

export class GroupCommit {
  readonly #connection: Connection;
  readonly #rider: Rider;
  readonly #sync: () => Promise<void>;
  readonly #busyLimitMs: number;
  readonly #statements: Record<'begin' | 'commit' | 'save' | 'undo' | 'release', () => number>;
  #pending: Operation[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  /** Set while a failed group is tried again; nothing else is committed in the meantime. */
  #recovering: Promise<void> | undefined;
  /** Transactions whose operations wait for the disk. */
  readonly #unsynced = new Set<Promise<void>>();
  #closed = false;

  constructor(parts: GroupCommitParts) {
    const { connection } = parts;
    this.#connection = connection;
    this.#rider = parts.rider;
    this.#sync = () => parts.sync();
    this.#busyLimitMs = parts.busyLimitMs ?? busyLimitMs;
    this.#statements = {
      begin: connection.change('BEGIN IMMEDIATE'),
      commit: connection.change('COMMIT'),
      save: connection.change('SAVEPOINT operation'),
      undo: connection.change('ROLLBACK TO operation'),
      release: connection.change('RELEASE operation'),
    };
  }

  /**
   * Runs `work` in the next transaction; resolves when that is durable. A transaction may fail and be tried again,
   * and `work` with it, so it must change nothing but the database.
   * @throws what `work` throws; SkepError `SKEP_DATA_DIR_UNUSABLE`, `SKEP_DATABASE_FILE`, `SKEP_BROKER_CLOSED`.
   */
  add<T>(work: () => T, { compound = false }: AddOptions = {}): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new SkepError('SKEP_BROKER_CLOSED', 'the queue has been closed'));
    }
    return new Promise<T>((resolve, reject) => {
      // `value` is what this very `work` returned.
      this.#pending.push({ work, compound, resolve: (value) => resolve(value as T), reject });
      this.wake();
    });
  }

  /** Asks for a transaction at the end of this turn. */
  wake(): void {
    if (this.#recovering === undefined) this.#scheduled ??= setImmediate(() => this.#flush());
  }

  /** Commits what was added before and accepts nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#pending.length > 0 || this.#recovering !== undefined) {
      if (this.#recovering === undefined) this.#flush();
      await this.#recovering;
    }
    await Promise.all(this.#unsynced);
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const group = this.#pending;
    this.#pending = [];
    let announce: (() => void) | undefined;
    try {
      const rider = this.#unsynced.size < mostUnsynced;
      if (group.length > 0 || (rider && this.#rider.wants())) {
        announce = this.#transact(group, { rider });
      }
    } catch (error) {
      this.#recovering = this.#recover(group, error).finally(() => {
        this.#recovering = undefined;
        if (!this.#closed) this.wake();
      });
    }
    announce?.();
  }

  /** Commits, and returns what tells everyone so. */
  #transact(group: readonly Operation[], { rider = true } = {}): () => void {
    this.#statements.begin();
    let settlements: (() => void)[];
    try {
      settlements = group.map((operation) => this.#perform(operation));
      if (rider) this.#rider.ride();
      this.#statements.commit();
    } catch (error) {
      // SQLite has rolled back by itself after some errors.
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      this.#rider.rolledBack();
      throw error;
    }
    return () => {
      // What was claimed need not wait for the disk: a commit outlives the process, if not the machine.
      this.#rider.committed();
      if (group.length > 0) this.#announceSynced(group, settlements);
    };
  }

  #announceSynced(group: readonly Operation[], settlements: readonly (() => void)[]): void {
    const synced = this.#sync().then(
      () => {
        for (const settle of settlements) settle();
      },
      (error: unknown) => {
        for (const { reject } of group) reject(error);
      },
    );
    this.#unsynced.add(synced);
    void synced.then(() => {
      this.#unsynced.delete(synced);
      if (this.#unsynced.size === mostUnsynced - 1) this.wake();
    });
  }

  /** Returns what is to be told to the caller once the transaction is durable. */
  #perform({ work, compound, resolve, reject }: Operation): () => void {
    const { save, undo, release } = this.#statements;
    if (compound) save();
    try {
      const value = work();
      if (compound) release();
      return () => resolve(value);
    } catch (error) {
      if (!isOwnMistake(error)) throw error;
      if (compound) {
        undo();
        release();
      }
      return () => reject(this.#translated(error));
    }
  }

  /** Waits for another process to let go of the file; after any other failure, each operation has its own try. */
  async #recover(group: readonly Operation[], failure: unknown): Promise<void> {
    let error = failure;
    if (isBusy(error)) {
      try {
        const announce = await untilFree(() => this.#transact(group), this.#busyLimitMs);
        return announce();
      } catch (later) {
        error = later;
      }
    }
    for (const operation of group) {
      try {
        if (isBusy(error)) throw error;
        const alone = (): (() => void) => this.#transact([operation], { rider: false });
        (await untilFree(alone, this.#busyLimitMs))();
      } catch (own) {
        operation.reject(this.#translated(own));
        // One that has waited in vain has waited for all.
        if (isBusy(own)) error = own;
      }
    }
    this.#rider.failed(this.#translated(error));
  }

  #translated(error: unknown): unknown {
    return brokerError(error, this.#connection.path);
  }
}
