// The engines that the site's plugins read their sources from.
import { problemsOf, SkepError } from '../core/errors/skep-error.js';
import type { InstallationCheck } from '../core/host/installation-check.js';
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
 * The same at boot, from the URL in the environment; a source whose URL is not set is a SQLite file. It comes before any driver is
 * loaded: installing one does not help with an engine that is refused.
 */
export function supportedEngineCheck(source: DataSourceDefinition): InstallationCheck {
  return async ({ environment }) => {
    const url = environment[source.env];
    const dialect = url === undefined ? undefined : dialectOf(source, url);
    if (dialect === undefined) return [];
    try {
      supportedDialect(source, dialect);
      return [];
    } catch (error) {
      return [...problemsOf(error)];
    }
  };
}

/** Undefined for a URL that cannot be read, which is reported where the data source is made. */
function dialectOf(source: DataSourceDefinition, url: string): Dialect | undefined {
  try {
    return parseTarget(source, url, process.cwd()).dialect;
  } catch {
    return undefined;
  }
}
