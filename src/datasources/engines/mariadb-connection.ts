// A connection to MariaDB or MySQL through mysql2, on a socket of our own: it can be cut at any moment, and
// its end is seen when the server has let go.
import { connect as openSocket, type Socket } from 'node:net';
import type { ConnectionOptions, createConnection, Connection as Raw } from 'mysql2';
import { within } from '../../core/within.js';
import type { Connection } from '../engine.js';

/** How long the server may take to let go of a connection that was ended. */
const closeTimeoutMs = 1_000;

/** Modes that say what a quote or a backslash means, and the modes that bring them along. */
const quoting = [
  'NO_BACKSLASH_ESCAPES',
  'ANSI_QUOTES',
  'ANSI',
  'DB2',
  'MAXDB',
  'MSSQL',
  'MYSQL323',
  'MYSQL40',
  'ORACLE',
  'POSTGRESQL',
];

/**
 * Takes from a session the modes by which a server may read quotes and backslashes in another way than the driver writes
 * them and the fence of read-only sources reads them; without it a value would be SQL. A part of a SET statement.
 */
export const pinnedSqlMode = `sql_mode = ${quoting.reduce(
  (modes, mode) => `REPLACE(${modes}, ',${mode},', ',')`,
  "CONCAT(',', @@sql_mode, ',')",
)}`;

export type MysqlAddress = ConnectionOptions & { readonly host: string; readonly port: number };

export class MariaDbConnection implements Connection {
  readonly raw: Raw;
  readonly #socket: Socket;
  readonly #gone: Promise<void>;
  #lost = false;

  private constructor(address: MysqlAddress, create: typeof createConnection) {
    this.#socket = openSocket(address.port, address.host);
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 30_000);
    this.#gone = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    const lost = (): void => {
      this.#lost = true;
    };
    this.#socket.once('end', lost).once('close', lost);
    this.raw = create({ ...address, stream: this.#socket });
    // TypeORM asks for it at every statement, and the driver would make another one.
    const promising = this.raw.promise();
    this.raw.promise = () => promising;
    // Without a listener an error between statements would end the process.
    this.raw.on('error', lost);
  }

  /** Opens a connection; rejects with what mysql2 reports, or the signal's reason. */
  static async open(address: MysqlAddress, signal: AbortSignal): Promise<MariaDbConnection> {
    // Imported here: commands that connect to nothing do not pay for it.
    const { createConnection } = await import('mysql2');
    signal.throwIfAborted();
    const connection = new MariaDbConnection(address, createConnection);
    return await new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        signal.removeEventListener('abort', aborted);
        connection.destroy();
        reject(error);
      };
      const aborted = (): void => fail(signal.reason);
      signal.addEventListener('abort', aborted, { once: true });
      connection.raw.once('error', fail);
      connection.raw.once('connect', () => {
        signal.removeEventListener('abort', aborted);
        connection.raw.removeListener('error', fail);
        resolve(connection);
      });
    });
  }

  get id(): number {
    return this.raw.threadId;
  }

  get lost(): boolean {
    return this.#lost || this.#socket.destroyed;
  }

  async query<Row>(sql: string): Promise<Row[]> {
    const [rows] = await this.raw.promise().query(sql);
    // mysql2 types rows loosely; the caller knows the columns it asked for.
    return rows as Row[];
  }

  async ping(timeoutMs = closeTimeoutMs): Promise<void> {
    await within(() => this.raw.promise().ping(), timeoutMs);
  }

  async close(): Promise<void> {
    if (!this.lost) this.raw.end();
    await this.gone();
  }

  /** Resolves when the socket is closed; rejects when that takes too long. */
  gone(): Promise<void> {
    return within(() => this.#gone, closeTimeoutMs);
  }

  destroy(): void {
    this.#lost = true;
    this.#socket.destroy();
  }
}
