// Creates the table of schedules. Times are UTC; MariaDB keeps microseconds, SQLite text that sorts.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type ColumnTypes, columnTypes } from '../../tracking/index.js';

const table = ({ serial, time, code, text, long, big, tail }: ColumnTypes): string =>
  `CREATE TABLE IF NOT EXISTS schedule (
    id ${serial},
    name ${text(128)} NOT NULL,
    task ${code(128)} NOT NULL,
    kind ${code(8)} NOT NULL,
    expression ${text(256)} NOT NULL,
    zone ${code(64)} NOT NULL,
    payload ${long} NOT NULL,
    misfire_grace_ms ${big} NOT NULL,
    coalesce INT NOT NULL,
    max_instances INT NOT NULL,
    jitter_ms ${big} NOT NULL,
    starts_at ${time} NULL,
    ends_at ${time} NULL,
    enabled INT NOT NULL,
    paused_at ${time} NULL,
    declared ${code(8)} NOT NULL,
    triggered_by ${text(256)} NULL,
    next_fire_at ${time} NULL,
    last_fire_at ${time} NULL,
    last_execution_id ${code(128)} NULL,
    version INT NOT NULL,
    created_at ${time} NOT NULL,
    updated_at ${time} NOT NULL
  ) ${tail}`;

/** MariaDB commits each statement by itself, so a migration that was cut short finds some of it done. */
export class CreateScheduleTable1767312060000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(table(columnTypes(runner)));
    await runner.query('CREATE UNIQUE INDEX IF NOT EXISTS ux_schedule_name ON schedule (name)');
    // What every look asks: which is due next.
    await runner.query(
      'CREATE INDEX IF NOT EXISTS ix_schedule_due ON schedule (enabled, next_fire_at)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE schedule');
  }
}
