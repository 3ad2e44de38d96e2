// Creates the record of the settings that stored events were decided with, and the column without which a server time
// could not be read anew in another zone.
import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';

const code = (name: string, length: number) =>
  ({ name, type: 'varchar', length: String(length), charset: 'utf8mb4' }) as const;

/** `settings` are those that events were decided with; `next_*` is how far events were decided anew with others. */
const settings = new Table({
  name: 'attendance_settings',
  columns: [
    { ...code('source', 32), isPrimary: true },
    code('settings', 255),
    { ...code('next_settings', 255), isNullable: true },
    { name: 'next_month', type: 'int' },
    { name: 'next_event_id', type: 'bigint' },
  ],
});

const eventTables = ['attendance_event', 'attendance_quarantine'];

/** MariaDB commits each statement by itself, so a migration that was cut short finds some of it done. */
export class CreateAttendanceSettings1796083200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(settings, true);
    for (const table of eventTables) {
      // TypeORM would copy the whole table on SQLite.
      if (!(await runner.hasColumn(table, 'server_wall'))) {
        await runner.query(`ALTER TABLE ${table} ADD COLUMN server_wall BIGINT NULL`);
      }
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of eventTables) {
      await runner.query(`ALTER TABLE ${table} DROP COLUMN server_wall`);
    }
    await runner.dropTable(settings);
  }
}
