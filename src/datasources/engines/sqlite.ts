// SQLite files. A lease is a handle of its own. A handle that a run leaves clean is kept for the next lease of this process:
// opening one costs more than most of what is done with it, and the driver for older Nodes does not close a file before the
// collector has taken its statements, so that with each run opening its own their number would grow.
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { SkepError } from '../../core/errors/skep-error.js';
import { makePrivateDatabase, makePrivateFolder } from '../../core/private-files.js';
import {
  type Connection,
  type Engine,
  type EngineSettings,
  type OrmPreparation,
  openGate,
  type ServerFacts,
  type StatementGate,
  seat,
} from '../engine.js';
import { ConnectionError, codeOf } from '../errors.js';
import { type Patience, Permits } from '../permits.js';
import type { FileTarget } from '../url.js';
import { enclosingHolder, SqliteGate } from './sqlite-gate.js';
import { SqliteHandle } from './sqlite-handle.js';

/** Within this time a locked file blocks the process; longer waits are asynchronous. */
const busyTimeoutMs = 5;
const openPauseMs = 20;

/** The write lock of each file in this process: two data sources may name the same one. */
const writeLocks = new Map<string, Permits>();

function writeLockOf(file: string): Permits {
  const path = resolve(file);
  const lock = writeLocks.get(path) ?? new Permits(1);
  writeLocks.set(path, lock);
  return lock;
}

/** Which file a path names now. */
type Inode = string;

class SqliteConnection implements Connection {
  constructor(
    readonly raw: SqliteHandle,
    readonly inode: Inode,
    readonly giveBack: (connection: SqliteConnection) => void,
  ) {}

  get id(): number {
    return this.raw.id;
  }

  get lost(): boolean {
    return !this.raw.open;
  }

  async ping(): Promise<void> {
    this.raw.pragma('schema_version');
  }

  async close(clean: boolean): Promise<void> {
    this.raw.rollBack();
    if (clean) this.giveBack(this);
    else this.destroy();
  }

  destroy(): void {
    this.raw.close();
  }
}

export class SqliteEngine implements Engine<SqliteConnection> {
  readonly dialect = 'sqlite';
  readonly address: string;
  readonly #settings: EngineSettings;
  readonly #whenMissing: string;
  readonly #lock: Permits;
  readonly #kept: SqliteConnection[] = [];
  #closed = false;

  constructor(target: FileTarget, settings: EngineSettings, whenMissing: string) {
    this.address = target.file;
    this.#lock = writeLockOf(target.file);
    this.#settings = settings;
    this.#whenMissing = whenMissing;
  }

  async connect(signal: AbortSignal): Promise<SqliteConnection> {
    signal.throwIfAborted();
    if (this.#settings.readOnly && !existsSync(this.address)) {
      const message = `${this.#settings.source} cannot be reached: there is no file ${this.address}`;
      throw new ConnectionError('SKEP_CONNECT_FAILED', message, { remedy: this.#whenMissing });
    }
    return this.#fromKept() ?? (await this.#open(signal));
  }

  #fromKept(): SqliteConnection | undefined {
    for (let kept = this.#kept.pop(); kept; kept = this.#kept.pop()) {
      // The file may have been replaced under its name since.
      if (kept.inode === inodeOf(this.address)) return kept;
      kept.destroy();
    }
    return undefined;
  }

  async #open(signal: AbortSignal): Promise<SqliteConnection> {
    const until = performance.now() + this.#settings.connectTimeoutMs;
    for (;;) {
      try {
        return this.#openNow();
      } catch (error) {
        const busy = codeOf(error).startsWith('SQLITE_BUSY');
        if (!busy || performance.now() > until) throw this.#unusable(error);
      }
      await sleep(openPauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  #openNow(): SqliteConnection {
    const { readOnly } = this.#settings;
    if (!readOnly) {
      makePrivateFolder(dirname(this.address));
      makePrivateDatabase(this.address);
    }
    const handle = new SqliteHandle(this.address, readOnly, busyTimeoutMs);
    try {
      if (!readOnly) {
        handle.exec('PRAGMA foreign_keys = ON');
        handle.exec('PRAGMA journal_mode = WAL');
        // Not each build of SQLite has it so: what is committed outlives a power cut.
        handle.exec('PRAGMA synchronous = FULL');
      }
      // Reads the head of the file, and so finds out whether it is a database.
      handle.exec('SELECT count(*) FROM sqlite_master');
    } catch (error) {
      handle.close();
      throw error;
    }
    return new SqliteConnection(handle, inodeOf(this.address), (connection) =>
      this.#keep(connection),
    );
  }

  #keep(connection: SqliteConnection): void {
    if (connection.raw.open && !this.#closed) this.#kept.push(connection);
    else connection.destroy();
  }

  #unusable(cause: unknown): SkepError {
    const { source } = this.#settings;
    const why = codeOf(cause) === 'SQLITE_NOTADB' ? 'is not a SQLite database' : 'cannot be used';
    const text = cause instanceof Error ? ` (${cause.message})` : '';
    return new SkepError('SKEP_DATABASE_FILE', `${source}: ${this.address} ${why}${text}`, {
      cause,
    });
  }

  /** Nothing of a SQLite file runs elsewhere: ending the handle ends its work and frees its locks. */
  async kill(connection: SqliteConnection): Promise<void> {
    connection.destroy();
  }

  async killById(): Promise<void> {
    // There is no server: the handles of a thread end with it.
  }

  async ormOptions(connection: SqliteConnection): Promise<OrmPreparation> {
    // Called with `new`; what it returns takes the place of the new object.
    const lend = function lend(): SqliteHandle {
      return connection.raw;
    };
    return {
      options: {
        type: 'better-sqlite3',
        driver: lend,
        database: this.address,
        // The handle keeps statements itself, across query runners.
        statementCacheSize: 0,
      },
      done: (dataSource) => {
        Object.assign(dataSource.driver, { databaseConnection: undefined });
      },
    };
  }

  runnerOn(dataSource: DataSource, connection: SqliteConnection): QueryRunner {
    // The driver would hand out one runner, and with it one connection, to everybody.
    Object.assign(dataSource.driver, { queryRunner: undefined });
    return seat(dataSource.driver.createQueryRunner('master'), connection.raw);
  }

  gate({ raw }: SqliteConnection, patience: Patience): StatementGate {
    const { source, readOnly, acquireTimeoutMs: waitMs } = this.#settings;
    if (readOnly) return openGate;
    const lock = this.#lock;
    return new SqliteGate({ source, file: this.address, handle: raw, lock, patience, waitMs });
  }

  callerExcludesWriters(): boolean {
    return enclosingHolder(this.#lock) !== undefined;
  }

  explain(error: unknown): unknown {
    if (!(error instanceof QueryFailedError)) return undefined;
    const corrupt = /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error.driverError));
    return corrupt ? this.#unusable(error) : undefined;
  }

  async facts({ raw }: SqliteConnection): Promise<ServerFacts> {
    const version = raw.prepare('SELECT sqlite_version() AS version').all()[0]?.version;
    return { version: `SQLite ${String(version)}`, readOnly: this.#settings.readOnly };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const kept of this.#kept.splice(0)) kept.destroy();
  }
}

function inodeOf(file: string): Inode {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}:${found.ino}`;
}
