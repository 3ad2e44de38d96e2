// The driver of PostgreSQL: the package `pg`, which the user installs, and its options for a server.
import type { EventEmitter } from 'node:events';
import { type TlsOptions, tlsSettings } from '../tls.js';
import type { ServerTarget } from '../url.js';
import { loadDriver } from './driver.js';

/** The part of `pg.Client` that is used here. */
export interface PgClient extends EventEmitter {
  /** Set when the connection is open; the types of `pg` leave it out. */
  readonly processID: number;
  connect(): Promise<void>;
  query: <Row>(sql: string, values?: unknown[]) => Promise<{ rows: Row[] }>;
  end(): Promise<void>;
  readonly connection: { readonly stream: { destroy(): void } };
}

export type PgClientClass = new (options: Readonly<Record<string, unknown>>) => PgClient;

/** @throws SkepError `SKEP_DRIVER_MISSING` when `pg` is not installed. */
export function loadPgClient(source: string): PgClientClass {
  // `pg` is installed by the user; this is the one export of it that is needed.
  return (loadDriver(source, 'PostgreSQL', 'pg') as { Client: PgClientClass }).Client;
}

/** Options of `pg.Client` that say which server, database and user, and how the connection is encrypted. */
export function pgAddress(
  target: ServerTarget,
  tls: TlsOptions | undefined,
): Readonly<Record<string, unknown>> {
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    ssl: tlsSettings(tls ?? target.tls) ?? false,
  };
}
