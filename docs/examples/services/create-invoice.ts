import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateInvoice1767225600000 implements MigrationInterface {
  readonly name = 'CreateInvoice1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE guide_invoice (id INTEGER NOT NULL PRIMARY KEY, net INTEGER NOT NULL, sent_by VARCHAR(64))',
    );
    await runner.query('INSERT INTO guide_invoice (id, net) VALUES (1, 100), (2, 50)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE guide_invoice');
  }
}
