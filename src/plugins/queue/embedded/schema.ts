// The tables of queue.db and their versions.
import { SkepError } from '../../../core/errors/skep-error.js';
import { finalStates } from '../../../core/execution.js';
import type { Connection } from './connection.js';

/** "Skep" in ASCII: tells our file from another program's. */
const applicationId = 0x536b6570;

/** Waiting for a worker, now or later. Literal in the SQL, so that partial indexes apply. */
export const waiting = "state IN ('queued', 'retrying')";

// Each step raises the version of the file by one; a step that was released is never changed.
const steps: readonly string[] = [
  `
  CREATE TABLE executions (
    seq           INTEGER PRIMARY KEY, -- order of arrival
    id            TEXT    NOT NULL UNIQUE,
    queue         TEXT    NOT NULL,
    task          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    available_at  INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,    -- number of the latest attempt
    crashes       INTEGER NOT NULL DEFAULT 0,
    fence         INTEGER NOT NULL DEFAULT 0, -- raised by each claim; a settle must name it
    dispatched_at INTEGER NOT NULL,
    started_at    INTEGER,
    finished_at   INTEGER,             -- set when final
    worker        TEXT,
    report        TEXT,                -- JSON of the last settled attempt
    envelope      TEXT    NOT NULL     -- JSON; last, so that a scan does not read it
  ) STRICT;
  -- Partial: the cost of a claim depends on neither history nor other queues.
  CREATE INDEX executions_waiting ON executions (queue, available_at, id) WHERE ${waiting};
  CREATE INDEX executions_running ON executions (queue) WHERE state = 'running';
  CREATE INDEX executions_finished ON executions (finished_at) WHERE finished_at IS NOT NULL;
  `,
  `
  ALTER TABLE executions ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0; -- asked for while it ran
  CREATE TABLE unique_keys (
    key   TEXT PRIMARY KEY,
    id    TEXT NOT NULL, -- of the execution that holds the key
    until INTEGER        -- held until then, finished or not; until it is final when NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unique_keys_until ON unique_keys (until) WHERE until IS NOT NULL;
  CREATE TABLE paused_queues (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE workers (
    id          TEXT    PRIMARY KEY,
    valid_until INTEGER NOT NULL,
    status      TEXT    NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

export const finalList = finalStates.map((state) => `'${state}'`).join(', ');

/** Brings the file to this version of the schema; does nothing when it is there already. */
export function migrate(connection: Connection): void {
  if (schemaVersion(connection) === steps.length) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Read again: another process may have been first.
    for (const step of steps.slice(schemaVersion(connection))) connection.exec(step);
    connection.exec(`PRAGMA application_id = ${applicationId}`);
    connection.exec(`PRAGMA user_version = ${steps.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/**
 * The version of the schema in the file, 0 for a new file. Writes nothing.
 * @throws SkepError `SKEP_DATABASE_FILE` when it is another program's file, `SKEP_SCHEMA_NEWER`.
 */
export function schemaVersion(connection: Connection): number {
  const version = Number(connection.pragma('user_version'));
  const isEmpty = connection.select('SELECT 1 FROM sqlite_schema LIMIT 1')().length === 0;
  if (isEmpty && version === 0) return 0;
  if (connection.pragma('application_id') !== applicationId) {
    throw new SkepError('SKEP_DATABASE_FILE', `${connection.path} is not a queue of Skep`);
  }
  if (version > steps.length) {
    throw new SkepError(
      'SKEP_SCHEMA_NEWER',
      `${connection.path} has version ${version}; this Skep knows up to ${steps.length}`,
    );
  }
  return version;
}
