// Adds the column for fields of an envelope that have none of their own, those of a newer version among them.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columnTypes } from './column-types.js';

/** MariaDB commits each statement by itself, so a migration that was cut short may find the column there. */
export class AddFurtherFields1796169600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    if (await runner.hasColumn('execution', 'further_fields')) return;
    await runner.query(
      `ALTER TABLE execution ADD COLUMN further_fields ${columnTypes(runner).long} NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE execution DROP COLUMN further_fields');
  }
}
