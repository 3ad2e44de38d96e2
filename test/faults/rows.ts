// The tables of the proofs in MariaDB: rows that tasks write, and a tally that each row raises by one in the same
// transaction. When both say the same, every row was written once.
import { createConnection, type RowDataPacket } from 'mysql2/promise';

export class Rows {
  /** @param url of the server */
  constructor(private readonly serverUrl: string) {}

  /** What the tasks connect to. */
  get url(): string {
    return new URL('faults', this.serverUrl).href;
  }

  async create(): Promise<void> {
    await this.#ask('CREATE DATABASE faults');
    await this.#ask('CREATE TABLE faults.effects (execution_id VARCHAR(64) PRIMARY KEY)');
    await this.#ask('CREATE TABLE faults.tally (effects INT NOT NULL)');
    await this.#ask('INSERT INTO faults.tally VALUES (0)');
  }

  async tally(): Promise<number> {
    const [row] = await this.#ask('SELECT effects FROM faults.tally');
    return Number(row?.effects);
  }

  async executions(): Promise<Set<string>> {
    const rows = await this.#ask('SELECT execution_id AS id FROM faults.effects');
    return new Set(rows.map(({ id }) => String(id)));
  }

  async #ask(sql: string): Promise<RowDataPacket[]> {
    const connection = await createConnection({ uri: this.serverUrl });
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }
}
