// The engines that the site's plugins read their sources from.
import { SkepError } from '../core/errors/skep-error.js';
import type { DataSourceDefinition } from './definition.js';
import type { Dialect } from './scoped-data-source.js';
import { parseTarget } from './url.js';

/** SQL Server is left out: it writes dates and limits in its own way, and no suite runs on one. */
export type SourceDialect = Exclude<Dialect, 'mssql'>;

/**
 * Passes the engines that the tables of a source can be read from.
 * @throws SkepError `SKEP_ENGINE_UNSUPPORTED` for SQL Server.
 */
export function supportedDialect(source: DataSourceDefinition, dialect: Dialect): SourceDialect {
  if (dialect !== 'mssql') return dialect;
  throw new SkepError(
    'SKEP_ENGINE_UNSUPPORTED',
    `${source.env} names a SQL Server, whose tables the tasks of ${source.name} cannot read`,
    {
      place: source.env,
      remedy: `Set ${source.env} to a MariaDB, MySQL, PostgreSQL or SQLite database that has the tables, such as a replica.`,
    },
  );
}

/**
 * The same at boot, from the URL in the environment; a source whose URL is not set is a SQLite file.
 * @throws SkepError `SKEP_ENGINE_UNSUPPORTED`, or `SKEP_DATASOURCE_URL` for a URL that cannot be read.
 */
export function requireSupportedEngine(
  source: DataSourceDefinition,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const url = environment[source.env];
  if (url) supportedDialect(source, parseTarget(source, url, process.cwd()).dialect);
}
