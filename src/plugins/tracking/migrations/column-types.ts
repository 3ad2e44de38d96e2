// The words of MariaDB and SQLite for what columns hold. Times are UTC: microseconds, or text that sorts.
import type { QueryRunner } from 'typeorm';

export interface ColumnTypes {
  /** A number that grows, the primary key. */
  readonly serial: string;
  readonly time: string;
  /** Letters of ASCII, compared by byte. */
  code(length: number): string;
  /** Any text, compared by byte. */
  text(length: number): string;
  readonly long: string;
  readonly big: string;
  /** What ends a CREATE TABLE. */
  readonly tail: string;
}

const mariadb: ColumnTypes = {
  serial: 'BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
  time: 'DATETIME(6)',
  code: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`,
  text: (length) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  long: 'LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  big: 'BIGINT',
  tail: 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4',
};

const sqlite: ColumnTypes = {
  serial: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  time: 'TEXT',
  code: () => 'TEXT',
  text: () => 'TEXT',
  long: 'TEXT',
  big: 'INTEGER',
  tail: '',
};

/** Those of the database that is migrated. */
export function columnTypes({ connection }: QueryRunner): ColumnTypes {
  return connection.options.type === 'better-sqlite3' ? sqlite : mariadb;
}
