// Adds what looking into the history needs: an index for every filter, and the index of words.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `execution_word`: for each word and block of executions, those that have it (history/text/block.ts); a later `part` adds
 * to the earlier ones, so that nothing is ever changed. `execution_word_block`: how far a block is indexed.
 * `execution_word_indexer`: who is at it.
 */
const tables = {
  mariadb: [
    `CREATE TABLE IF NOT EXISTS execution_word (
      word VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      block INT UNSIGNED NOT NULL,
      part INT UNSIGNED NOT NULL,
      places VARBINARY(512) NOT NULL,
      PRIMARY KEY (word, block, part)
    ) ENGINE=InnoDB`,
    `CREATE TABLE IF NOT EXISTS execution_word_block (
      block INT UNSIGNED NOT NULL PRIMARY KEY,
      parts INT UNSIGNED NOT NULL,
      payloads VARBINARY(512) NOT NULL,
      ends VARBINARY(512) NOT NULL,
      first_at BIGINT NOT NULL,
      next_at BIGINT NULL
    ) ENGINE=InnoDB`,
    `CREATE TABLE IF NOT EXISTS execution_word_indexer (
      one INT NOT NULL PRIMARY KEY,
      holder VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      until DATETIME(6) NOT NULL
    ) ENGINE=InnoDB`,
    `INSERT IGNORE INTO execution_word_indexer (one, holder, until) VALUES (1, '', '2000-01-01 00:00:00')`,
  ],
  sqlite: [
    `CREATE TABLE IF NOT EXISTS execution_word (
      word TEXT NOT NULL,
      block INTEGER NOT NULL,
      part INTEGER NOT NULL,
      places BLOB NOT NULL,
      PRIMARY KEY (word, block, part)
    ) WITHOUT ROWID`,
    `CREATE TABLE IF NOT EXISTS execution_word_block (
      block INTEGER NOT NULL PRIMARY KEY,
      parts INTEGER NOT NULL,
      payloads BLOB NOT NULL,
      ends BLOB NOT NULL,
      first_at INTEGER NOT NULL,
      next_at INTEGER NULL
    )`,
    `CREATE TABLE IF NOT EXISTS execution_word_indexer (
      one INTEGER NOT NULL PRIMARY KEY,
      holder TEXT NOT NULL,
      until TEXT NOT NULL
    )`,
    `INSERT OR IGNORE INTO execution_word_indexer (one, holder, until) VALUES (1, '', '2000-01-01 00:00:00')`,
  ],
} as const;

const indexes = [
  ['ix_execution_queue', 'execution (queue, seq)'],
  ['ix_execution_schedule_seq', 'execution (schedule, seq)'],
  ['ix_execution_word_block', 'execution_word (block)'],
  ['ix_execution_word_block_next', 'execution_word_block (next_at)'],
] as const;

export class CreateHistoryTables1767312060000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const isSqlite = runner.connection.options.type === 'better-sqlite3';
    for (const statement of tables[isSqlite ? 'sqlite' : 'mariadb']) await runner.query(statement);
    for (const [name, columns] of indexes) {
      await runner.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${columns}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const isSqlite = runner.connection.options.type === 'better-sqlite3';
    for (const name of ['ix_execution_queue', 'ix_execution_schedule_seq']) {
      await runner.query(`DROP INDEX ${name}${isSqlite ? '' : ' ON execution'}`);
    }
    for (const name of ['execution_word_indexer', 'execution_word_block', 'execution_word']) {
      await runner.query(`DROP TABLE ${name}`);
    }
  }
}
