// PostgreSQL, through the package `pg` that the user installs.
import { type DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { within } from '../../core/within.js';
import {
  type Connection,
  type Engine,
  type EngineSettings,
  type OrmPreparation,
  openGate,
  prepareSession,
  type ServerFacts,
  type StatementGate,
  seat,
  type Transport,
} from '../engine.js';
import { ConnectionError, codeOf, connectError } from '../errors.js';
import type { TlsOptions } from '../tls.js';
import { addressOf, type ServerTarget } from '../url.js';
import { loadPgClient, type PgClient, type PgClientClass, pgAddress } from './postgres-driver.js';
import { ReadOnlyGate } from './read-only-gate.js';
import { transportOf } from './transport.js';

const closeTimeoutMs = 1_000;
/** Invalid password, invalid authorization, no right to connect. */
const denials = new Set(['28P01', '28000', '42501']);
/** Ended by an administrator or by a crash, or cut on the way. */
const losses = new Set(['57P01', '57P02', '57P03', '08006', '08003', 'ECONNRESET', 'EPIPE']);

/** What the user may do beside reading: as a role, on the server's files and programs, and on what is in the database. */
const rightsQuery = `
  SELECT unnest(ARRAY[
           CASE WHEN rolsuper THEN 'SUPERUSER' END,
           CASE WHEN rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
           CASE WHEN rolreplication THEN 'REPLICATION' END]) AS what
    FROM pg_roles WHERE rolname = current_user
  UNION ALL
  SELECT 'member of ' || rolname FROM pg_roles
   WHERE rolname IN ('pg_write_all_data', 'pg_write_server_files', 'pg_read_server_files',
                     'pg_execute_server_program', 'pg_signal_backend')
     AND pg_has_role(current_user, oid, 'MEMBER')
  UNION ALL
  SELECT 'CREATE on database ' || current_database()
   WHERE has_database_privilege(current_database(), 'CREATE')
  UNION ALL
  SELECT 'CREATE on schema ' || quote_ident(nspname) FROM pg_namespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'CREATE')
  UNION ALL
  (SELECT 'writing to ' || c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
   ORDER BY 1 LIMIT 5)`;

class PostgresConnection implements Connection {
  readonly raw: PgClient;
  readonly #query: (text: unknown, values?: unknown[]) => Promise<unknown>;
  readonly #gone: Promise<void>;
  #lost = false;

  constructor(client: PgClient) {
    this.raw = client;
    this.#query = client.query.bind(client) as never;
    this.#gone = new Promise((resolve) => client.once('end', () => resolve()));
    const lost = (): void => {
      this.#lost = true;
    };
    client.once('end', lost);
    // Without a listener an error between statements would end the process.
    client.on('error', lost);
  }

  get id(): number {
    return this.raw.processID;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** From now on the server takes one statement a message, whatever a text holds. */
  oneStatementAtATime(): void {
    const { raw } = this;
    raw.query = <Row>(text: unknown, values?: unknown[]): Promise<{ rows: Row[] }> =>
      this.#query(
        typeof text === 'string' ? { text, values, queryMode: 'extended' } : text,
        values,
      ) as Promise<{ rows: Row[] }>;
  }

  /** Sends a text of Skep's own, which may hold several statements. */
  several(text: string): Promise<unknown> {
    return this.#query(text);
  }

  async ping(timeoutMs = closeTimeoutMs): Promise<void> {
    await within(() => this.raw.query('SELECT 1'), timeoutMs);
  }

  async close(): Promise<void> {
    if (!this.#lost) void this.raw.end();
    await within(() => this.#gone, closeTimeoutMs);
  }

  destroy(): void {
    this.#lost = true;
    this.raw.connection.stream.destroy();
  }
}

export class PostgresEngine implements Engine<PostgresConnection> {
  readonly dialect = 'postgres';
  readonly address: string;
  readonly #target: ServerTarget;
  readonly #settings: EngineSettings;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #Client: PgClientClass;
  readonly transport: Transport;

  constructor(target: ServerTarget, settings: EngineSettings, tls: TlsOptions | undefined) {
    this.address = addressOf(target);
    this.#target = target;
    this.#settings = settings;
    this.#options = pgOptions(target, settings, tls);
    this.#Client = loadPgClient(settings.source);
    this.transport = transportOf(target, tls);
  }

  async connect(signal: AbortSignal): Promise<PostgresConnection> {
    const connection = await this.#open(signal);
    const { readOnly } = this.#settings;
    const byDefault = readOnly ? 'SET default_transaction_read_only = on;' : '';
    try {
      await prepareSession(connection, signal, () =>
        connection.raw.query(
          `SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET standard_conforming_strings = on; ${byDefault}`,
        ),
      );
      if (readOnly) connection.oneStatementAtATime();
      return connection;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw connectError(this.#settings.source, this.#target, error, false);
    }
  }

  async #open(signal: AbortSignal): Promise<PostgresConnection> {
    signal.throwIfAborted();
    const connection = new PostgresConnection(new this.#Client(this.#options));
    const cut = (): void => connection.destroy();
    signal.addEventListener('abort', cut, { once: true });
    try {
      await connection.raw.connect();
      return connection;
    } catch (error) {
      connection.destroy();
      if (signal.aborted) throw signal.reason;
      throw connectError(this.#settings.source, this.#target, error, denials.has(codeOf(error)));
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }

  async kill(connection: PostgresConnection): Promise<void> {
    await this.killById(connection.id);
    await connection.close().catch(() => connection.destroy());
  }

  async killById(id: number): Promise<void> {
    const control = await this.#open(new AbortController().signal);
    try {
      await control.raw.query('SELECT pg_terminate_backend($1)', [id]);
    } finally {
      await control.close();
    }
  }

  async ormOptions(connection: PostgresConnection): Promise<OrmPreparation> {
    let lent: PgClient | undefined = connection.raw;
    class Pool {
      on(): void {}

      connect(
        give: (error: Error | undefined, client?: PgClient, release?: () => void) => void,
      ): void {
        if (lent) give(undefined, lent, () => undefined);
        else give(new Error('a connection beside the lease'));
      }

      end(done: () => void): void {
        done();
      }
    }
    return {
      options: {
        type: 'postgres',
        driver: { Pool },
        database: this.#target.database,
        installExtensions: !this.#settings.readOnly,
      },
      done: () => {
        lent = undefined;
      },
    };
  }

  runnerOn(dataSource: DataSource, connection: PostgresConnection): QueryRunner {
    return seat(dataSource.driver.createQueryRunner('master'), connection.raw);
  }

  gate(connection: PostgresConnection): StatementGate {
    if (!this.#settings.readOnly) return openGate;
    const session = {
      // Once something is read, no statement can make the transaction a writing one any more.
      begin: (level?: string) =>
        connection.several(`BEGIN ${level ? `ISOLATION LEVEL ${level}` : ''} READ ONLY; SELECT 1`),
      end: () => connection.several('ROLLBACK'),
    };
    return new ReadOnlyGate({ dialect: 'postgres', session });
  }

  explain(error: unknown, connection: PostgresConnection): unknown {
    if (!(error instanceof QueryFailedError)) return undefined;
    if (!connection.lost && !losses.has(codeOf(error.driverError))) return undefined;
    const message = `${this.#settings.source}: ${this.address} ended the connection during a statement`;
    return new ConnectionError('SKEP_CONNECTION_LOST', message, { cause: error });
  }

  async facts({ raw }: PostgresConnection): Promise<ServerFacts> {
    const { rows } = await raw.query<{ version: string; clock: string; readonly: string }>(
      `SELECT current_setting('server_version') AS version,
              extract(epoch FROM clock_timestamp()) * 1000 AS clock,
              current_setting('transaction_read_only') AS readonly`,
    );
    const [about] = rows;
    return {
      version: `PostgreSQL ${about?.version.split(' ')[0] ?? ''}`,
      clockMs: Number(about?.clock),
      readOnly: about?.readonly === 'on',
    };
  }

  async writeRights({ raw }: PostgresConnection): Promise<readonly string[]> {
    const { rows } = await raw.query<{ what: string | null }>(rightsQuery);
    return rows.flatMap(({ what }) => what ?? []);
  }

  async close(): Promise<void> {
    // Nothing is kept beside leases.
  }
}

function pgOptions(
  target: ServerTarget,
  settings: EngineSettings,
  tls: TlsOptions | undefined,
): Readonly<Record<string, unknown>> {
  return {
    application_name: 'skep',
    keepAlive: true,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    ...settings.driverOptions,
    ...pgAddress(target, tls),
  };
}
