// The port between leases and a database engine: opening, ending and killing connections, and what TypeORM needs.
import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import type { Patience } from './permits.js';
import type { Dialect } from './scoped-data-source.js';

/** One real connection. */
export interface Connection {
  /** What the server calls it; for SQLite the number of the handle in this process. */
  readonly id: number;
  /** The driver's own connection, which TypeORM's query runner talks to. */
  readonly raw: unknown;
  /** True when the other side has ended it. */
  readonly lost: boolean;
  /** Rejects when the connection does not answer in time: a second when nothing else is said, and a server is there. */
  ping(timeoutMs?: number): Promise<void>;
  /**
   * Ends it in order, rolling back what is open. Resolves when the other side has let go.
   * @param clean nothing of the work remains in its session
   */
  close(clean: boolean): Promise<void>;
  /** Lets go of this side's end at once, whatever the other side does. */
  destroy(): void;
}

/** Lets the statements of one lease through; SQLite's makes writers wait for each other. */
export interface StatementGate {
  pass<T>(sql: string, send: (sql: string) => Promise<T>): Promise<T>;
  /** Performs the work for which the lease was taken: by it, a gate knows what is begun inside that work. */
  surround<T>(work: () => Promise<T>): Promise<T>;
  /** Gives back what the gate holds for this lease. */
  leave(): void;
  /** Ends what the gate itself has begun in the session, when the use is over; absent where it begins nothing. */
  settle?(): Promise<void>;
}

/** What a server tells about itself. */
export interface ServerFacts {
  /** Name and version: `MariaDB 10.11.6`. */
  readonly version: string;
  /** Its clock, milliseconds since 1970 UTC; absent when it has none of its own. */
  readonly clockMs?: number;
  /** Whether it refuses to write in this session. */
  readonly readOnly: boolean;
}

export interface SessionOptions {
  /**
   * Seconds after which the server ends the connection when nothing is said within a transaction, so that a process which
   * stands still, or cannot be reached, holds no lock for ever. MariaDB only: other servers are not asked for it.
   */
  readonly idleTransactionSeconds?: number;
}

/** How a connection goes over the network. */
export interface Transport {
  readonly isLoopback: boolean;
  readonly isEncrypted: boolean;
  /** Whether the certificate of the server is verified. */
  readonly isVerified: boolean;
}

export interface OrmPreparation {
  readonly options: DataSourceOptions;
  /** Takes back the connection that was lent; called whether initialising succeeded or not. */
  done(dataSource: DataSource): void;
}

export interface Engine<C extends Connection = Connection> {
  readonly dialect: Dialect;
  /** Where it is, for a person; without the password. */
  readonly address: string;
  /**
   * Opens a connection. Ends the attempt at once when the signal aborts.
   * @param session what is asked of it beside what every connection is.
   * @throws SkepError `SKEP_CONNECT_FAILED`, `SKEP_ACCESS_DENIED` or `SKEP_DATABASE_FILE`.
   */
  connect(signal: AbortSignal, session?: SessionOptions): Promise<C>;
  /** Ends a connection on the server, whatever it is executing. Resolves when the server has confirmed. */
  kill(connection: C): Promise<void>;
  /**
   * Ends on the server a connection that another thread opened, by the id that the server gave it. Resolves when the
   * server has confirmed, or knows no such connection; at once where there is no server.
   */
  killById(id: number): Promise<void>;
  /** Options of a DataSource that opens nothing of its own: while it initialises it is lent this connection. */
  ormOptions(connection: C): Promise<OrmPreparation>;
  /** A query runner of TypeORM on this connection. */
  runnerOn(dataSource: DataSource, connection: C): QueryRunner;
  gate(connection: C, patience: Patience): StatementGate;
  /**
   * Whether the calling code was begun inside a transaction of a run that excludes every other writer until it ends. Absent
   * where a database has several writers.
   */
  callerExcludesWriters?(): boolean;
  /** What a failed statement says beside what TypeORM reports; undefined when nothing. */
  explain(error: unknown, connection: C): unknown;
  facts(connection: C): Promise<ServerFacts>;
  /** Rights by which the user may write or act on the server, each as a person reads it; absent where there are no users. */
  writeRights?(connection: C): Promise<readonly string[]>;
  /** What a person should know of the way to the server; absent where there is none. */
  readonly transport?: Transport;
  /** Ends what the engine keeps beside leases. */
  close(): Promise<void>;
}

/** A gate that lets everything through. */
export const openGate: StatementGate = {
  pass: (sql, send) => send(sql),
  surround: (work) => work(),
  leave: () => undefined,
};

/** What every engine is made from. */
export interface EngineSettings {
  /** Name of the data source, for messages. */
  readonly source: string;
  readonly readOnly: boolean;
  readonly connectTimeoutMs: number;
  readonly acquireTimeoutMs: number;
  readonly driverOptions: Readonly<Record<string, unknown>>;
}

/** Prepares a session; its connection is cut off when the signal aborts, and ended when preparing fails. */
export async function prepareSession(
  connection: Connection,
  signal: AbortSignal,
  prepare: () => Promise<unknown>,
): Promise<void> {
  const cut = (): void => connection.destroy();
  signal.addEventListener('abort', cut, { once: true });
  try {
    await prepare();
    signal.throwIfAborted();
  } catch (error) {
    await connection.close(false).catch(cut);
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

/** Puts a query runner of TypeORM on a connection that it neither opens nor releases. */
export function seat(runner: QueryRunner, raw: unknown): QueryRunner {
  runner.connect = async () => raw;
  runner.release = async () => undefined;
  return runner;
}
