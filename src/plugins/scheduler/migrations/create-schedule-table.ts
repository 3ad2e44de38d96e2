// Creates the table of schedules. Times are UTC; MariaDB keeps microseconds, SQLite text that sorts.
import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Types {
  readonly serial: string;
  readonly time: string;
  /** Letters of ASCII, compared by byte. */
  code(length: number): string;
  /** Any text, compared by byte. */
  text(length: number): string;
  readonly long: string;
  readonly big: string;
  readonly tail: string;
}

const mariadb: Types = {
  serial: 'BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
  time: 'DATETIME(6)',
  code: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`,
  text: (length) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  long: 'LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  big: 'BIGINT',
  tail: 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4',
};

const sqlite: Types = {
  serial: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  time: 'TEXT',
  code: () => 'TEXT',
  text: () => 'TEXT',
  long: 'TEXT',
  big: 'INTEGER',
  tail: '',
};

const table = ({ serial, time, code, text, long, big, tail }: Types): string =>
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
    const isSqlite = runner.connection.options.type === 'better-sqlite3';
    await runner.query(table(isSqlite ? sqlite : mariadb));
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
