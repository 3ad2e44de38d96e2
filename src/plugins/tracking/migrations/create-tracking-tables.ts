// Creates the tables of tracked executions. Times are UTC; MariaDB keeps microseconds, SQLite text that sorts.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { executionStates, isFinal } from '../../../core/execution.js';
import { type ColumnTypes, columnTypes } from './column-types.js';

const tables = ({ serial, time, code, text, long, big, tail }: ColumnTypes): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS task_function (
    code ${code(128)} NOT NULL PRIMARY KEY,
    plugin ${text(128)} NOT NULL,
    queue ${code(64)} NOT NULL,
    description ${text(200)} NULL,
    registered_at ${time} NOT NULL,
    vanished_at ${time} NULL
  ) ${tail}`,
  `CREATE TABLE IF NOT EXISTS execution_status (
    code ${code(16)} NOT NULL PRIMARY KEY,
    position INT NOT NULL,
    is_final INT NOT NULL
  ) ${tail}`,
  `CREATE TABLE IF NOT EXISTS execution (
    seq ${serial},
    id ${code(128)} NOT NULL,
    task ${code(128)} NOT NULL,
    status ${code(16)} NOT NULL,
    queue ${code(72)} NOT NULL,
    priority ${code(8)} NOT NULL,
    payload ${long} NULL,
    triggered_by ${text(256)} NOT NULL,
    triggered_by_user_id ${text(64)} NULL,
    schedule ${text(128)} NULL,
    scheduled_for ${time} NULL,
    created_at ${time} NOT NULL,
    available_at ${time} NOT NULL,
    started_at ${time} NULL,
    completed_at ${time} NULL,
    duration_ms ${big} NULL,
    attempts INT NOT NULL DEFAULT 0,
    retries INT NOT NULL DEFAULT 0,
    crashes INT NOT NULL DEFAULT 0,
    next_attempt_at ${time} NULL,
    result ${long} NULL,
    result_summary ${text(1000)} NULL,
    error_code ${text(128)} NULL,
    error_message ${text(2000)} NULL,
    worker ${text(256)} NULL,
    fence ${big} NOT NULL DEFAULT 0,
    replay_of ${code(128)} NULL,
    parent ${code(128)} NULL,
    expires_at ${time} NULL,
    unique_key ${text(128)} NULL,
    unique_until ${time} NULL
  ) ${tail}`,
  `CREATE TABLE IF NOT EXISTS execution_attempt (
    execution_id ${code(128)} NOT NULL,
    attempt INT NOT NULL,
    fence ${big} NOT NULL,
    worker ${text(256)} NOT NULL,
    started_at ${time} NOT NULL,
    completed_at ${time} NULL,
    outcome ${code(16)} NOT NULL,
    error_code ${text(128)} NULL,
    error_message ${text(2000)} NULL,
    error_stack ${long} NULL,
    ledger ${text(200)} NULL,
    PRIMARY KEY (execution_id, attempt, fence)
  ) ${tail}`,
  // What was dispatched in a transaction and is not queued yet. Small, however large the history grows.
  `CREATE TABLE IF NOT EXISTS execution_outbox (
    seq ${serial},
    execution_id ${code(128)} NOT NULL
  ) ${tail}`,
  `CREATE TABLE IF NOT EXISTS worker (
    id ${text(256)} NOT NULL PRIMARY KEY,
    host ${text(256)} NOT NULL,
    pid INT NOT NULL,
    version ${code(64)} NOT NULL,
    started_at ${time} NOT NULL,
    beat_at ${time} NOT NULL
  ) ${tail}`,
];

/** Every column that the command line filters by leads one, followed by what orders the list. */
const indexes: readonly (readonly [string, string, string])[] = [
  ['UNIQUE', 'ux_execution_id', 'execution (id)'],
  ['UNIQUE', 'ux_execution_tick', 'execution (schedule, scheduled_for)'],
  ['', 'ix_execution_status', 'execution (status, seq)'],
  ['', 'ix_execution_task', 'execution (task, seq)'],
  ['', 'ix_execution_worker', 'execution (worker, seq)'],
  ['', 'ix_execution_schedule', 'execution (schedule, completed_at)'],
  ['', 'ix_execution_created', 'execution (created_at)'],
  ['', 'ix_execution_completed', 'execution (completed_at)'],
  ['', 'ix_outbox_execution', 'execution_outbox (execution_id)'],
];

/** MariaDB commits each statement by itself, so a migration that was cut short finds some of it done. */
export class CreateTrackingTables1767312000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables(columnTypes(runner))) await runner.query(statement);
    for (const [kind, name, columns] of indexes) {
      await runner.query(`CREATE ${kind} INDEX IF NOT EXISTS ${name} ON ${columns}`);
    }
    await runner.query('DELETE FROM execution_status');
    for (const [position, state] of executionStates.entries()) {
      await runner.query(
        'INSERT INTO execution_status (code, position, is_final) VALUES (?, ?, ?)',
        [state, position, isFinal(state) ? 1 : 0],
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const names = ['worker', 'execution_outbox', 'execution_attempt', 'execution'];
    for (const name of [...names, 'execution_status', 'task_function']) {
      await runner.query(`DROP TABLE ${name}`);
    }
  }
}
