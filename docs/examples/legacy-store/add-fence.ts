// What the old table lacks: the fence that keeps a late write of an old attempt out. The rest stays as it was.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddFence1767398400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In a real migration these two are there already.
    await runner.query(`CREATE TABLE IF NOT EXISTS scheduled_job_execution (
      execution_id VARCHAR(36) PRIMARY KEY, job_code VARCHAR(128) NOT NULL, arguments TEXT, status_id INT NOT NULL,
      created_at BIGINT NOT NULL, started_at BIGINT, completed_at BIGINT, duration_ms BIGINT,
      result_summary VARCHAR(500), error_message TEXT)`);
    await runner.query('CREATE TABLE IF NOT EXISTS closed_month (month VARCHAR(7) PRIMARY KEY)');
    await runner.query(
      'ALTER TABLE scheduled_job_execution ADD COLUMN fence BIGINT NOT NULL DEFAULT 0',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE scheduled_job_execution DROP COLUMN fence');
  }
}
