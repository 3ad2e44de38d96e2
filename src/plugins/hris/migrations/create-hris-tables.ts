// Creates the tables that HRIS is replicated into. There are no foreign keys to what HRIS may get wrong;
// the tree of departments has one, for replication breaks its cycles and knows its order.
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const int = (name: string): TableColumnOptions => ({ name, type: 'int' });
/** Whatever the database's own character set is, Arabic names fit; SQLite knows one only. */
const text = (name: string, length: number): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
  charset: 'utf8mb4',
});
const date = (name: string): TableColumnOptions => ({ name, type: 'date' });
const nullable = (column: TableColumnOptions): TableColumnOptions => ({
  ...column,
  isNullable: true,
});

const replicated: readonly TableColumnOptions[] = [
  { ...int('id'), isPrimary: true },
  { name: 'active', type: 'boolean' },
  nullable(text('row_hash', 27)),
];
const named = [text('code', 64), text('name_en', 255), text('name_ar', 255)];
const period = [date('start_date'), nullable(date('end_date'))];

const tables: readonly Table[] = [
  new Table({
    name: 'hris_department',
    columns: [...replicated, ...named, nullable(int('parent_id'))],
    foreignKeys: [
      {
        name: 'fk_hris_department_parent',
        columnNames: ['parent_id'],
        referencedTableName: 'hris_department',
        referencedColumnNames: ['id'],
      },
    ],
  }),
  new Table({
    name: 'hris_employee',
    columns: [...replicated, ...named, date('hire_date'), nullable(date('termination_date'))],
    indices: [{ name: 'ix_hris_employee_code', columnNames: ['code'] }],
  }),
  new Table({ name: 'hris_position', columns: [...replicated, ...named] }),
  new Table({
    name: 'hris_employee_position',
    columns: [
      ...replicated,
      int('employee_id'),
      int('position_id'),
      int('department_id'),
      ...period,
    ],
    indices: [{ name: 'ix_hris_employee_position_employee', columnNames: ['employee_id'] }],
  }),
  new Table({
    name: 'hris_shift',
    columns: [
      ...replicated,
      ...named,
      text('start_time', 5),
      text('end_time', 5),
      int('grace_late_minutes'),
      int('grace_early_minutes'),
      text('work_days', 7),
    ],
  }),
  new Table({
    name: 'hris_shift_assignment',
    columns: [...replicated, int('employee_id'), int('shift_id'), ...period],
    indices: [{ name: 'ix_hris_shift_assignment_employee', columnNames: ['employee_id'] }],
  }),
  new Table({
    name: 'hris_revision',
    columns: [{ ...int('id'), isPrimary: true }, int('revision')],
  }),
];

/** MariaDB commits each statement by itself, so a migration that was cut short finds some of it done. */
export class CreateHrisTables1767225600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table, true);
    await runner.query('DELETE FROM hris_revision');
    await runner.query('INSERT INTO hris_revision (id, revision) VALUES (1, 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables.toReversed()) await runner.dropTable(table);
  }
}
