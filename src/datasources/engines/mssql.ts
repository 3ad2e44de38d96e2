// Microsoft SQL Server, through the package `mssql` that the user installs. The driver has no connection to
// hand out, only a pool, so a lease is a pool of exactly one connection.
import type { EventEmitter } from 'node:events';
import { type DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { within } from '../../core/within.js';
import {
  type Connection,
  type Engine,
  type EngineSettings,
  type OrmPreparation,
  openGate,
  type ServerFacts,
  type StatementGate,
  type Transport,
} from '../engine.js';
import { ConnectionError, codeOf, connectError } from '../errors.js';
import { type TlsOptions, tlsSettings } from '../tls.js';
import { addressOf, type ServerTarget } from '../url.js';
import { loadDriver } from './driver.js';
import { transportOf } from './transport.js';

const closeTimeoutMs = 1_000;
const losses = new Set(['ESOCKET', 'ECONNCLOSED', 'ECONNRESET', 'ENOTOPEN']);

/** The part of `mssql.ConnectionPool` that is used here. */
interface MssqlPool extends EventEmitter {
  connect(): Promise<unknown>;
  close(): Promise<void>;
  query<Row>(sql: string): Promise<{ recordset: Row[] }>;
}
interface MssqlDriver {
  readonly ConnectionPool: new (options: Readonly<Record<string, unknown>>) => MssqlPool;
}

class MssqlConnection implements Connection {
  lost = false;

  constructor(
    readonly raw: MssqlPool,
    /** The session's number, `@@SPID`. */
    readonly id: number,
  ) {
    raw.on('error', () => {
      this.lost = true;
    });
  }

  async ping(timeoutMs = closeTimeoutMs): Promise<void> {
    await within(() => this.raw.query('SELECT 1 AS one'), timeoutMs);
  }

  async close(): Promise<void> {
    await within(() => this.raw.close(), closeTimeoutMs);
  }

  destroy(): void {
    this.lost = true;
    this.raw.close().catch(() => undefined);
  }
}

export class MssqlEngine implements Engine<MssqlConnection> {
  readonly dialect = 'mssql';
  readonly address: string;
  readonly #target: ServerTarget;
  readonly #settings: EngineSettings;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #driver: MssqlDriver;
  readonly transport: Transport;

  constructor(target: ServerTarget, settings: EngineSettings, tls: TlsOptions | undefined) {
    this.address = addressOf(target);
    this.#target = target;
    this.#settings = settings;
    this.#options = mssqlOptions(target, settings, tls);
    this.transport = transportOf(target, tls, true);
    // `mssql` is installed by the user; these are the exports of it that are needed.
    this.#driver = loadDriver(settings.source, 'SQL Server', 'mssql') as MssqlDriver;
  }

  async writeRights({ raw }: MssqlConnection): Promise<readonly string[]> {
    const { recordset } = await raw.query<{ what: string }>(
      `SELECT DISTINCT permission_name + ' on the ' + LOWER(entity_name) AS what
         FROM (SELECT entity_name, permission_name FROM fn_my_permissions(NULL, 'SERVER')
               UNION ALL SELECT entity_name, permission_name FROM fn_my_permissions(NULL, 'DATABASE')) AS mine
        WHERE permission_name NOT LIKE 'CONNECT%' AND permission_name NOT LIKE 'VIEW %' AND permission_name <> 'SELECT'`,
    );
    return recordset.map(({ what }) => what);
  }

  async connect(signal: AbortSignal): Promise<MssqlConnection> {
    const { pool, id } = await this.#open(signal);
    return new MssqlConnection(pool, id);
  }

  async #open(signal: AbortSignal): Promise<{ pool: MssqlPool; id: number }> {
    signal.throwIfAborted();
    const pool = new this.#driver.ConnectionPool(this.#options);
    const cut = (): void => void pool.close().catch(() => undefined);
    signal.addEventListener('abort', cut, { once: true });
    try {
      await pool.connect();
      const { recordset } = await pool.query<{ id: number }>('SELECT @@SPID AS id');
      return { pool, id: recordset[0]?.id ?? 0 };
    } catch (error) {
      cut();
      if (signal.aborted) throw signal.reason;
      throw connectError(this.#settings.source, this.#target, error, codeOf(error) === 'ELOGIN');
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }

  kill(connection: MssqlConnection): Promise<void> {
    return this.killById(connection.id);
  }

  /** Needs the right ALTER ANY CONNECTION on the server. */
  async killById(id: number): Promise<void> {
    const { pool } = await this.#open(new AbortController().signal);
    try {
      await pool.query(`KILL ${id}`);
    } finally {
      await pool.close();
    }
  }

  async ormOptions(connection: MssqlConnection): Promise<OrmPreparation> {
    const { database } = this.#target;
    // TypeORM makes a pool and connects it; it gets the lease's own, which is connected.
    const Pool = function lend(): object {
      return { on: () => undefined, connect: (done: () => void) => lentTo(connection.raw, done) };
    };
    const driver = { ...this.#driver, ConnectionPool: Pool };
    return { options: { type: 'mssql', driver, database }, done: () => undefined };
  }

  runnerOn(dataSource: DataSource, connection: MssqlConnection): QueryRunner {
    // Query runners ask their driver for a pool: this one's driver gives the pool of its lease.
    const driver = Object.create(dataSource.driver, {
      obtainMasterConnection: { value: async () => connection.raw },
    }) as DataSource['driver'];
    const runner = driver.createQueryRunner('master');
    runner.release = async () => undefined;
    return runner;
  }

  gate(): StatementGate {
    return openGate;
  }

  explain(error: unknown, connection: MssqlConnection): unknown {
    if (!(error instanceof QueryFailedError)) return undefined;
    if (!connection.lost && !losses.has(codeOf(error.driverError))) return undefined;
    const message = `${this.#settings.source}: ${this.address} ended the connection during a statement`;
    return new ConnectionError('SKEP_CONNECTION_LOST', message, { cause: error });
  }

  async facts({ raw }: MssqlConnection): Promise<ServerFacts> {
    const { recordset } = await raw.query<{ version: string; clock: Date }>(
      "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(40)) AS version, SYSUTCDATETIME() AS clock",
    );
    return {
      version: `SQL Server ${recordset[0]?.version ?? ''}`,
      ...(recordset[0] === undefined ? {} : { clockMs: recordset[0].clock.getTime() }),
      // It has no read-only sessions; the first fence and the rights of the user stand alone.
      readOnly: false,
    };
  }

  async close(): Promise<void> {
    // Nothing is kept beside leases.
  }
}

function lentTo(pool: MssqlPool, done: () => void): MssqlPool {
  queueMicrotask(done);
  return pool;
}

function mssqlOptions(
  target: ServerTarget,
  settings: EngineSettings,
  tls: TlsOptions | undefined,
): Readonly<Record<string, unknown>> {
  const settled = tlsSettings(tls ?? target.tls);
  const { options = {}, ...rest } = settings.driverOptions;
  return {
    connectionTimeout: settings.connectTimeoutMs,
    ...rest,
    server: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    pool: { min: 1, max: 1 },
    options: {
      useUTC: true,
      enableArithAbort: true,
      // As Microsoft's own drivers do: without it the login goes over the wire all but in clear.
      encrypt: (tls ?? target.tls) !== false,
      trustServerCertificate: settled?.rejectUnauthorized === false,
      ...(options as object),
    },
  };
}
