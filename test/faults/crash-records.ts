// What the database holds after the proof of crash points, read past the system: rows of executions, of attempts, of the
// effects of tasks.

import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { AttemptRecord, ExecutionState } from '../../src/core/execution.js';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';

export interface ExecutionRecord {
  readonly id: string;
  readonly task: string;
  readonly parent: string | null;
  readonly status: ExecutionState;
  readonly attempts: number;
  readonly retries: number;
  readonly crashes: number;
  readonly fence: number;
}

export interface AttemptEntry {
  readonly id: string;
  readonly attempt: number;
  readonly fence: number;
  readonly outcome: AttemptRecord['outcome'];
}

interface EffectRecord {
  readonly id: string;
  readonly child: string | null;
}

/** Sends a statement that reads. */
type Ask = (sql: string) => Promise<unknown[]>;

const ofOthers =
  'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()';

export class CrashRecords {
  private constructor(
    private readonly ask: Ask,
    private readonly isServer: boolean,
  ) {}

  static ofMaria(uri: string): CrashRecords {
    return new CrashRecords(async (sql) => {
      const connection = await createConnection({ uri });
      try {
        const [rows] = await connection.query<RowDataPacket[]>(sql);
        return rows;
      } finally {
        await connection.end();
      }
    }, true);
  }

  static ofSqlite(file: string): CrashRecords {
    return new CrashRecords(async (sql) => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return database.prepare(sql).all();
      } finally {
        database.close();
      }
    }, false);
  }

  /** The connections that a server has to the database; a file has none. */
  async connections(): Promise<number[]> {
    const rows = this.isServer ? ((await this.ask(ofOthers)) as { id: number }[]) : [];
    return rows.map(({ id }) => Number(id));
  }

  // The columns that are asked for are those of the types.
  async executions(): Promise<ExecutionRecord[]> {
    return (await this.ask(
      'SELECT id, task, parent, status, attempts, retries, crashes, fence FROM execution ORDER BY seq',
    )) as ExecutionRecord[];
  }

  async attempts(): Promise<AttemptEntry[]> {
    return (await this.ask(
      'SELECT execution_id AS id, attempt, fence, outcome FROM execution_attempt ORDER BY attempt, fence',
    )) as AttemptEntry[];
  }

  async effects(): Promise<EffectRecord[]> {
    return (await this.ask('SELECT execution_id AS id, child FROM crash_effect')) as EffectRecord[];
  }

  /** How many rows still wait for the relay. */
  async outbox(): Promise<number> {
    return (await this.ask('SELECT seq FROM execution_outbox')).length;
  }
}
