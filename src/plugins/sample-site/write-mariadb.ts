// Writes a source into a MariaDB or MySQL database, many rows in a statement.
import { type Connection, createConnection, escapeId, escape as quote } from 'mysql2/promise';
import { pinnedSqlMode } from '../../datasources/engines/mariadb-connection.js';
import { tlsSettings } from '../../datasources/tls.js';
import type { ServerTarget } from '../../datasources/url.js';
import type { Column, Row, Table } from './schema.js';
import { batches, type SiteWriter, type WriterMode } from './writer.js';

/** About 300 kB of text: far below the smallest usual max_allowed_packet of 16 MB. */
const rowsAtOnce = 4_000;

const types: Readonly<Record<Column['type'], string>> = {
  int: 'INT',
  bigint: 'BIGINT',
  flag: 'TINYINT(1)',
  text: 'VARCHAR(128)',
  date: 'DATE',
  datetime: 'DATETIME',
};

/** A new site makes the database when it is missing; tables that are there already are an error. */
export async function openMariaWriter(
  { host, port, user, password, database, tls }: ServerTarget,
  mode: WriterMode,
): Promise<SiteWriter> {
  const ssl = tlsSettings(tls);
  const connection = await createConnection({
    host,
    port,
    user,
    password,
    charset: 'utf8mb4',
    ...(ssl === undefined ? {} : { ssl }),
  });
  try {
    if (mode === 'new') {
      await connection.query(
        `CREATE DATABASE IF NOT EXISTS ${escapeId(database)} CHARACTER SET utf8mb4`,
      );
    }
    await connection.query(`USE ${escapeId(database)}`);
    await connection.query(`SET autocommit = 0, ${pinnedSqlMode}`);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return new MariaWriter(connection, mode);
}

class MariaWriter implements SiteWriter {
  readonly #connection: Connection;
  readonly #mode: WriterMode;
  readonly #created: string[] = [];
  #open = true;

  constructor(connection: Connection, mode: WriterMode) {
    this.#connection = connection;
    this.#mode = mode;
  }

  async create({ name, columns }: Table, { ifMissing } = { ifMissing: false }): Promise<void> {
    const [{ name: key }] = columns;
    const body = [...columns.map(definition), `PRIMARY KEY (${escapeId(key)})`].join(', ');
    const head = `CREATE TABLE ${ifMissing ? 'IF NOT EXISTS ' : ''}${escapeId(name)}`;
    await this.#connection.query(`${head} (${body}) CHARACTER SET utf8mb4`);
    if (this.#mode === 'new') this.#created.push(name);
  }

  async insert({ name }: Table, rows: readonly Row[]): Promise<void> {
    for (const batch of batches(rows, rowsAtOnce)) {
      const values = batch.map((row) => `(${row.map(literal).join(',')})`).join(',');
      await this.#connection.query(`INSERT INTO ${escapeId(name)} VALUES ${values}`);
    }
  }

  async update({ name, columns: [key, ...others] }: Table, [id, ...values]: Row): Promise<void> {
    const set = others.map((column) => `${escapeId(column.name)} = ?`).join(', ');
    const sql = `UPDATE ${escapeId(name)} SET ${set} WHERE ${escapeId(key.name)} = ?`;
    await this.#connection.query(sql, [...values, id]);
  }

  async checkpoint(): Promise<void> {
    await this.#connection.query('COMMIT');
  }

  async finish(): Promise<void> {
    await this.checkpoint();
    await this.#connection.end();
    this.#open = false;
  }

  async publish(): Promise<void> {}

  /** A new source loses its tables again; of an addition, what was not yet committed is rolled back. */
  async abandon(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.#connection.query('ROLLBACK');
      for (const table of this.#created) {
        await this.#connection.query(`DROP TABLE IF EXISTS ${escapeId(table)}`);
      }
    } finally {
      this.#connection.destroy();
    }
  }
}

function definition({ name, type, nullable }: Column): string {
  return `${escapeId(name)} ${types[type]}${nullable ? ' NULL' : ' NOT NULL'}`;
}

/** Formatting values here instead of in the driver halves the time of a large site. */
function literal(value: string | number | null): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : quote(value);
}
