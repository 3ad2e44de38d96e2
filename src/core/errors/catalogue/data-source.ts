// Data sources.
import { type CatalogueEntry, entry } from './entry.js';

export const dataSourceErrors = {
  SKEP_DATASOURCE_URL: entry(
    2,
    'The URL of a data source cannot be read or names an unknown engine.',
    'Use mysql://, mariadb://, postgres://, mssql:// or sqlite: URLs.',
  ),
  SKEP_ENGINE_UNSUPPORTED: entry(
    2,
    'A plugin cannot read its tables from this database engine.',
    'Use a URL of an engine that the message names.',
  ),
  SKEP_DRIVER_MISSING: entry(
    2,
    'The driver of this database engine is not installed.',
    'Install the package that the message names.',
  ),
  SKEP_CONNECT_FAILED: entry(
    3,
    'A database cannot be reached.',
    'Check that the server runs and that the URL names the right host, port and database.',
  ),
  SKEP_ACCESS_DENIED: entry(
    3,
    'A database refused the user or the password, or what that user wanted to do.',
    'Check user and password in the URL and the rights of that user.',
  ),
  SKEP_CONNECTION_LOST: entry(
    3,
    'A database ended a connection while a statement was on its way.',
    "Look into the server's log; @Retry({ on: [transient] }) tries again.",
  ),
  SKEP_LEASE_ENDED: entry(
    1,
    'A manager was used after the use or transaction that gave it, or a connection was asked for beside it. What it was asked for is lost, so the attempt fails, and is not tried again.',
    'Await everything inside the callback, and use only the manager that it is given.',
  ),
  SKEP_LEASE_TIMEOUT: entry(
    3,
    'No connection, or no write lock of a SQLite file, became free in time.',
    "Raise the source's pool.max, lower the concurrency, or hold connections for less time.",
  ),
  SKEP_NESTED_WRITE: entry(
    1,
    'Inside a transaction on a SQLite file, another use or transaction wrote to the same file, or a tracked task was dispatched.',
    'Use the manager that the transaction gives for everything inside it, and pass it on to what you call there (dispatcher.within(manager) for dispatches); or begin the other one after it.',
  ),
  SKEP_READ_ONLY: entry(
    1,
    'A statement that writes was sent to a read-only data source.',
    'Write to Maria; HRIS and BioStar are read only.',
  ),
  SKEP_ENTITY_UNKNOWN: entry(
    1,
    'An entity was used with a data source to which no plugin contributes it.',
    'Add what the message names to `contributes` of the plugin.',
  ),
  SKEP_DATABASE_FILE: entry(
    3,
    'A SQLite file is corrupt, is not a database, or cannot be opened.',
    'Restore the file from a backup, or move it away to begin anew.',
  ),
  SKEP_MIGRATION_FAILED: entry(
    1,
    'A migration of a plugin failed. It is not recorded as applied, and those before it stay.',
    'Mend what the message names, then run `skep migrate`. On a server, statements of it that went through before stay, too.',
  ),
  SKEP_SCHEMA_BEHIND: entry(
    2,
    'The database lacks migrations of the enabled plugins.',
    'Run `skep migrate`.',
  ),
  SKEP_SCHEMA_NEWER: entry(
    2,
    'The database was migrated by a newer version.',
    'Update Skep and its plugins, or use another database.',
  ),
} as const satisfies Record<string, CatalogueEntry>;
