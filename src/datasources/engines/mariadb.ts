// MariaDB and MySQL, through mysql2.
import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import { QueryFailedError } from 'typeorm';
import {
  type Engine,
  type EngineSettings,
  type OrmPreparation,
  openGate,
  prepareSession,
  type ServerFacts,
  type SessionOptions,
  type StatementGate,
  seat,
  type Transport,
} from '../engine.js';
import { ConnectionError, codeOf, connectError } from '../errors.js';
import { type TlsOptions, tlsSettings } from '../tls.js';
import { addressOf, type ServerTarget } from '../url.js';
import { MariaDbConnection, type MysqlAddress, pinnedSqlMode } from './mariadb-connection.js';
import { MariaDbKiller } from './mariadb-killer.js';
import { rolesOf, writingRights } from './mariadb-rights.js';
import { ReadOnlyGate } from './read-only-gate.js';
import { transportOf } from './transport.js';

const denials = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
]);
const losses = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
]);

/**
 * A use is one transaction, in which each statement sees what is committed by then, as statements outside of any do. The
 * default of the session is for what does not pass the gate.
 */
const readOnlySession = 'SET SESSION TRANSACTION READ ONLY, ISOLATION LEVEL READ COMMITTED';

export class MariaDbEngine implements Engine<MariaDbConnection> {
  readonly dialect = 'mariadb';
  readonly address: string;
  readonly #target: ServerTarget;
  readonly #settings: EngineSettings;
  readonly #mysql: MysqlAddress;
  readonly #killer: MariaDbKiller;
  readonly transport: Transport;

  constructor(target: ServerTarget, settings: EngineSettings, tls: TlsOptions | undefined) {
    this.address = addressOf(target);
    this.#target = target;
    this.#settings = settings;
    this.#mysql = mysqlAddress(target, settings, tls);
    this.#killer = new MariaDbKiller(this.#mysql);
    this.transport = transportOf(target, tls);
  }

  async connect(
    signal: AbortSignal,
    { idleTransactionSeconds }: SessionOptions = {},
  ): Promise<MariaDbConnection> {
    const connection = await this.#open(signal);
    try {
      await prepareSession(connection, signal, async () => {
        // What the driver reads and writes as UTC is UTC for the server, too. MySQL has no such limit, and takes it for
        // a comment.
        const limit =
          idleTransactionSeconds === undefined
            ? ''
            : ` /*M!100300 , idle_transaction_timeout = ${idleTransactionSeconds} */`;
        await connection.query(`SET time_zone = '+00:00', ${pinnedSqlMode}${limit}`);
        if (this.#settings.readOnly) await connection.query(readOnlySession);
      });
      return connection;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw connectError(this.#settings.source, this.#target, error, false);
    }
  }

  async #open(signal: AbortSignal): Promise<MariaDbConnection> {
    try {
      return await MariaDbConnection.open(this.#mysql, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw connectError(this.#settings.source, this.#target, error, denials.has(codeOf(error)));
    }
  }

  async kill(connection: MariaDbConnection): Promise<void> {
    await this.killById(connection.id);
    // Confirmed is enough; rolling back a large transaction may keep the server busy for longer.
    await connection.gone().catch(() => connection.destroy());
  }

  killById(id: number): Promise<void> {
    return this.#killer.kill(id);
  }

  async ormOptions(connection: MariaDbConnection): Promise<OrmPreparation> {
    const { version } = await this.facts(connection);
    let lent: object | undefined = Object.assign(connection.raw, { release: () => undefined });
    const pool = {
      getConnection: (give: (error: Error | null, lent?: unknown) => void): void =>
        lent ? give(null, lent) : give(new Error('a connection beside the lease')),
      end: (done: () => void): void => done(),
    };
    const options: DataSourceOptions = {
      type: version.startsWith('MariaDB') ? 'mariadb' : 'mysql',
      driver: { createPool: () => pool },
      database: this.#target.database,
      timezone: 'Z',
    };
    return {
      options,
      done: () => {
        lent = undefined;
      },
    };
  }

  runnerOn(dataSource: DataSource, connection: MariaDbConnection): QueryRunner {
    return seat(dataSource.driver.createQueryRunner('master'), connection.raw);
  }

  gate(connection: MariaDbConnection): StatementGate {
    if (!this.#settings.readOnly) return openGate;
    const session = {
      begin: async (level?: string) => {
        if (level) await connection.query(`SET TRANSACTION ISOLATION LEVEL ${level}`);
        await connection.query('START TRANSACTION READ ONLY');
      },
      end: () => connection.query('ROLLBACK'),
    };
    return new ReadOnlyGate({ dialect: 'mariadb', session, wholeLevel: 'REPEATABLE READ' });
  }

  explain(error: unknown, connection: MariaDbConnection): unknown {
    if (!(error instanceof QueryFailedError)) return undefined;
    if (!connection.lost && !losses.has(codeOf(error.driverError))) return undefined;
    const message = `${this.#settings.source}: ${this.address} ended the connection during a statement`;
    return new ConnectionError('SKEP_CONNECTION_LOST', message, { cause: error });
  }

  async facts(connection: MariaDbConnection): Promise<ServerFacts> {
    const [about] = await connection.query<{ version: string; clock: string }>(
      'SELECT VERSION() AS version, UNIX_TIMESTAMP(NOW(6)) AS clock',
    );
    const version = about?.version ?? 'unknown';
    const isMariaDb = version.includes('MariaDB');
    const variable = isMariaDb ? 'tx_read_only' : 'transaction_read_only';
    const [session] = await connection.query<{ value: number }>(`SELECT @@${variable} AS value`);
    return {
      version: `${isMariaDb ? 'MariaDB' : 'MySQL'} ${/^[\d.]+/.exec(version)?.[0] ?? version}`,
      clockMs: Number(about?.clock) * 1_000,
      readOnly: session?.value === 1,
    };
  }

  async writeRights(connection: MariaDbConnection): Promise<readonly string[]> {
    const grantsOf = async (): Promise<string[]> => {
      const rows = await connection.query<Record<string, string>>('SHOW GRANTS');
      return rows.flatMap((row) => Object.values(row));
    };
    const grants = await grantsOf();
    for (const role of rolesOf(grants)) {
      // What a role may do is shown to its users while it is in force.
      await connection.query(`SET ROLE ${role}`);
      grants.push(...(await grantsOf()));
    }
    return [...new Set(writingRights(grants))];
  }

  async close(): Promise<void> {
    // The control connection is closed by whoever used it last.
  }
}

function mysqlAddress(
  target: ServerTarget,
  settings: EngineSettings,
  tls: TlsOptions | undefined,
): MysqlAddress {
  const ssl = tlsSettings(tls ?? target.tls);
  return {
    charset: 'utf8mb4',
    timezone: 'Z',
    // A DATE has no time and no zone; as a Date it would shift with both.
    dateStrings: ['DATE'],
    // A stack for each statement, in case that it fails, costs more than most of what is sent; TypeORM's error has one.
    trace: false,
    supportBigNumbers: true,
    bigNumberStrings: false,
    stringifyObjects: true,
    connectTimeout: settings.connectTimeoutMs,
    ...settings.driverOptions,
    multipleStatements: false,
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    ...(ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: ssl.rejectUnauthorized } }),
  };
}
