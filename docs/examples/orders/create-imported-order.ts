import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';

/** Written with TypeORM's table API, it runs on MariaDB and on SQLite alike. */
export class CreateImportedOrder1767225600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'imported_order',
        columns: [
          { name: 'id', type: 'bigint', isPrimary: true },
          { name: 'customer', type: 'varchar', length: '200' },
          { name: 'cents', type: 'bigint' },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('imported_order');
  }
}
