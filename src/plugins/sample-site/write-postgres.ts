// Writes a source into a database of PostgreSQL, many rows in a statement. Names are written without quotes, so that the
// server keeps them in lower case, as it does for whoever creates tables by hand.
import {
  loadPgClient,
  type PgClient,
  pgAddress,
} from '../../datasources/engines/postgres-driver.js';
import type { ServerTarget } from '../../datasources/url.js';
import type { Column, Row, Table } from './schema.js';
import { batches, type SiteWriter, type WriterMode } from './writer.js';

/** About 300 kB of text. */
const rowsAtOnce = 4_000;

const types: Readonly<Record<Column['type'], string>> = {
  int: 'INTEGER',
  bigint: 'BIGINT',
  flag: 'SMALLINT',
  text: 'VARCHAR(128)',
  date: 'DATE',
  datetime: 'TIMESTAMP',
};

/**
 * The database must exist; tables that are there already are an error for a new site.
 * @throws SkepError `SKEP_DRIVER_MISSING` when the package `pg` is not installed.
 */
export async function openPostgresWriter(
  target: ServerTarget,
  mode: WriterMode,
): Promise<SiteWriter> {
  const Client = loadPgClient('sample-site');
  const client = new Client(pgAddress(target, undefined));
  // Without a listener a server that ends would end this process; the statement under way is rejected.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
  } catch (error) {
    await client.end();
    throw error;
  }
  return new PostgresWriter(client, mode);
}

class PostgresWriter implements SiteWriter {
  readonly #client: PgClient;
  readonly #mode: WriterMode;
  #open = true;

  constructor(client: PgClient, mode: WriterMode) {
    this.#client = client;
    this.#mode = mode;
  }

  async create({ name, columns }: Table, { ifMissing } = { ifMissing: false }): Promise<void> {
    const [{ name: key }] = columns;
    const body = [...columns.map(definition), `PRIMARY KEY (${key})`].join(', ');
    await this.#client.query(`CREATE TABLE ${ifMissing ? 'IF NOT EXISTS ' : ''}${name} (${body})`);
  }

  async insert({ name }: Table, rows: readonly Row[]): Promise<void> {
    for (const batch of batches(rows, rowsAtOnce)) {
      const values = batch.map((row) => `(${row.map(literal).join(',')})`).join(',');
      await this.#client.query(`INSERT INTO ${name} VALUES ${values}`);
    }
  }

  async update({ name, columns: [key, ...others] }: Table, [id, ...values]: Row): Promise<void> {
    const set = others.map((column, at) => `${column.name} = $${at + 1}`).join(', ');
    const sql = `UPDATE ${name} SET ${set} WHERE ${key.name} = $${others.length + 1}`;
    await this.#client.query(sql, [...values, id]);
  }

  /** A new source stays one transaction, tables included, so that it can be taken back as a whole. */
  async checkpoint(): Promise<void> {
    if (this.#mode === 'add') await this.#client.query('COMMIT; BEGIN');
  }

  async finish(): Promise<void> {
    await this.#client.query('COMMIT');
    await this.#end();
  }

  async publish(): Promise<void> {}

  async abandon(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.#client.query('ROLLBACK');
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    this.#open = false;
    await this.#client.end();
  }
}

function definition({ name, type, nullable }: Column): string {
  return `${name} ${types[type]}${nullable ? '' : ' NOT NULL'}`;
}

/** With `standard_conforming_strings`, the default for long, a quote is the only character to escape. */
function literal(value: string | number | null): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
