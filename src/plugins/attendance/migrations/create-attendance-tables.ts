// Creates the tables of events, of what is to be computed, and of computed days.
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const int = (name: string): TableColumnOptions => ({ name, type: 'int' });
const bigint = (name: string): TableColumnOptions => ({ name, type: 'bigint' });
/** Unix seconds until the year 2106. */
const instant = (name: string): TableColumnOptions => ({ name, type: 'int', unsigned: true });
/** Whatever the database's own character set is, Arabic names fit; SQLite knows one only. */
const text = (name: string, length: number): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
  charset: 'utf8mb4',
});
const key = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isPrimary: true });
const nullable = (column: TableColumnOptions): TableColumnOptions => ({
  ...column,
  isNullable: true,
});

const eventIdentity = [key(text('source', 32)), key(int('month')), key(bigint('event_id'))];
const origin = [
  text('user_code', 255),
  nullable({ name: 'device_id', type: 'int', unsigned: true }),
  int('event_code'),
  nullable(int('tna_key')),
];

const tables: readonly Table[] = [
  new Table({
    name: 'attendance_event',
    columns: [
      ...eventIdentity,
      nullable(int('employee_id')),
      instant('device_at'),
      instant('server_at'),
      { name: 'duress', type: 'boolean' },
      ...origin,
    ],
    indices: [
      { name: 'ix_attendance_event_employee', columnNames: ['employee_id', 'device_at'] },
      { name: 'ix_attendance_event_user', columnNames: ['user_code'] },
    ],
  }),
  new Table({
    name: 'attendance_quarantine',
    columns: [
      ...eventIdentity,
      text('reason', 16),
      nullable(bigint('device_at')),
      nullable(bigint('server_at')),
      ...origin,
    ],
  }),
  // How far each log table has been read.
  new Table({
    name: 'attendance_cursor',
    columns: [
      key(text('source', 32)),
      key(int('month')),
      bigint('last_id'),
      nullable(instant('earliest_at')),
      nullable(instant('latest_server_at')),
    ],
  }),
  // The employees as events were last matched with them; `*_day` are days since 1970-01-01.
  new Table({
    name: 'attendance_roster',
    columns: [
      key(int('employee_id')),
      text('code', 64),
      int('hire_day'),
      nullable(int('termination_day')),
    ],
  }),
  // Days to be computed; `marks` counts how often the day was marked since.
  new Table({
    name: 'attendance_dirty_day',
    columns: [key(int('employee_id')), key(int('day')), int('marks')],
  }),
  // Which days of an employee are computed or marked, and a fingerprint of what they were computed from.
  new Table({
    name: 'attendance_coverage',
    columns: [key(int('employee_id')), text('fingerprint', 27), int('first_day'), int('last_day')],
  }),
  new Table({
    name: 'attendance_compliance_day',
    columns: [
      key(int('employee_id')),
      key({ name: 'work_date', type: 'date' }),
      nullable(int('shift_id')),
      text('status', 16),
      nullable(instant('first_in')),
      nullable(instant('last_out')),
      int('worked_minutes'),
      int('late_minutes'),
      int('early_minutes'),
      int('taps'),
      int('collapsed'),
    ],
    indices: [{ name: 'ix_attendance_compliance_day_date', columnNames: ['work_date'] }],
  }),
];

/** MariaDB commits each table by itself, so a migration that was cut short finds some of them there. */
export class CreateAttendanceTables1767225600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables.toReversed()) await runner.dropTable(table);
  }
}
