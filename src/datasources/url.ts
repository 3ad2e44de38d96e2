// Reads the URL of a data source. What it says about a bad one never holds the password.
import { resolve } from 'node:path';
import { SkepError } from '../core/errors/skep-error.js';
import type { DataSourceDefinition } from './definition.js';
import type { Dialect } from './scoped-data-source.js';
import { type TlsOptions, tlsFromWord, tlsWords } from './tls.js';

export interface FileTarget {
  readonly dialect: 'sqlite';
  /** Absolute path. */
  readonly file: string;
}

export interface ServerTarget {
  readonly dialect: Exclude<Dialect, 'sqlite'>;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: TlsOptions | undefined;
}

/** Where a data source is. */
export type Target = FileTarget | ServerTarget;

const schemes: Readonly<Record<string, Dialect>> = {
  mysql: 'mariadb',
  mariadb: 'mariadb',
  postgres: 'postgres',
  postgresql: 'postgres',
  mssql: 'mssql',
  sqlserver: 'mssql',
  sqlite: 'sqlite',
};
const encode =
  'Percent-encode user and password: @ is %40, / is %2F, : is %3A, # is %23, ? is %3F.';
const defaultPorts = { mariadb: 3306, postgres: 5432, mssql: 1433 } as const;

/** The SQLite file that stands in for a source whose URL is not set. */
export function embeddedPath(definition: DataSourceDefinition, dataDir: string): string {
  return resolve(dataDir, definition.embeddedFile);
}

/**
 * Reads a URL such as `mysql://user:password@host:3306/database?ssl=require` or `sqlite:./file.db`.
 * User, password and database may be percent-encoded. Relative files are resolved against `folder`.
 * @throws SkepError `SKEP_DATASOURCE_URL`, without the password.
 */
export function parseTarget(
  definition: DataSourceDefinition,
  text: string,
  folder: string,
): Target {
  const bad = (what: string, remedy?: string): SkepError =>
    new SkepError('SKEP_DATASOURCE_URL', `${definition.env} ${what}`, {
      place: definition.env,
      ...(remedy === undefined ? {} : { remedy }),
    });
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw bad('is not a URL: it has no scheme');
  const dialect = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (dialect === undefined) throw bad(`names an engine that Skep does not know: "${scheme}"`);
  if (dialect === 'sqlite') return fileTarget(text.slice('sqlite:'.length), folder, bad);
  if (definition.role === 'application' && dialect !== 'mariadb') {
    const remedy = `Set ${definition.env} to a mysql://, mariadb:// or sqlite: URL.`;
    throw bad(`names ${scheme}; the application's database is MariaDB or SQLite`, remedy);
  }
  return serverTarget(dialect, text, bad);
}

type Bad = (what: string, remedy?: string) => SkepError;

function fileTarget(rest: string, folder: string, bad: Bad): FileTarget {
  if (rest.includes('?')) throw bad('has options, which a sqlite: URL does not take');
  const path = decode(rest.replace(/^\/\/(?=\/)/, ''), 'the path', bad);
  if (path === '' || path.startsWith('//'))
    throw bad('names no file; write sqlite:./file.db or sqlite:///file.db');
  if (path === ':memory:') {
    throw bad(
      'names a database in memory, which each connection would have to itself; name a file',
    );
  }
  return { dialect: 'sqlite', file: resolve(folder, path) };
}

function serverTarget(dialect: ServerTarget['dialect'], text: string, bad: Bad): ServerTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') throw bad('cannot be read as a URL', encode);
  if (url.hash !== '') throw bad('has a part after #', encode);
  if (url.port === '0') throw bad('has the port 0', 'Give the port of the server, or none.');
  const database = decode(url.pathname.slice(1), 'the database', bad);
  if (database === '' || database.includes('/')) {
    const remedy = `End it in the name of one database, as in ${url.protocol}//host/database. ${encode}`;
    throw bad('names no database', remedy);
  }
  return {
    dialect,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPorts[dialect] : Number(url.port),
    user: decode(url.username, 'the user', bad),
    password: decode(url.password, 'the password', bad),
    database,
    tls: tlsOf(url.searchParams, bad),
  };
}

function tlsOf(parameters: URLSearchParams, bad: Bad): TlsOptions | undefined {
  for (const name of parameters.keys()) {
    // Not named: after an unencoded ? in a password, this would be a part of it.
    if (name !== 'ssl') throw bad('has an option other than ssl', `Leave it out. ${encode}`);
  }
  const word = parameters.get('ssl');
  if (word === null) return undefined;
  const tls = tlsFromWord(word);
  if (tls === undefined) {
    throw bad('has an unknown ssl', `Write ssl= and one of ${tlsWords.join(', ')}. ${encode}`);
  }
  return tls;
}

function decode(text: string, what: string, bad: Bad): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(`has a "%" in ${what} that encodes nothing`, 'Write a literal % as %25.');
  }
}

/** A target for a person, without the password: `mysql://user@host:3306/database`, or the file. */
export function addressOf(target: Target): string {
  if (target.dialect === 'sqlite') return target.file;
  const { dialect, host, port, user, database } = target;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${dialect}://${user === '' ? '' : `${user}@`}${name}:${port}/${database}`;
}
