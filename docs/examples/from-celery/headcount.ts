// The table that the examples fill: an entity, and the migration that creates its table.
import { EntitySchema, type MigrationInterface, type QueryRunner, Table } from 'typeorm';

export interface Headcount {
  readonly day: string;
  readonly unitId: number;
  readonly people: number;
}

export const HeadcountEntity = new EntitySchema<Headcount>({
  name: 'Headcount',
  tableName: 'headcount',
  columns: {
    day: { type: 'varchar', length: 10, primary: true },
    unitId: { name: 'unit_id', type: 'int', primary: true },
    people: { type: 'int' },
  },
});

export class CreateHeadcount1767312000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'headcount',
        columns: [
          { name: 'day', type: 'varchar', length: '10', isPrimary: true },
          { name: 'unit_id', type: 'int', isPrimary: true },
          { name: 'people', type: 'int' },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('headcount');
  }
}
