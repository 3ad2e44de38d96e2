// The tables of the example.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePayments1767571200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE invoice (id INT PRIMARY KEY, released INT NOT NULL DEFAULT 0)',
    );
    await runner.query('CREATE TABLE payment (invoice_id INT NOT NULL, amount INT NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE payment');
    await runner.query('DROP TABLE invoice');
  }
}
