// A typed door to one SQLite file: rows are arrays, and what is bound is text, a number or null.
import { inNativeCode } from '../../../core/native-gate.js';
import {
  DatabaseSync,
  isTooLarge,
  type SqliteDatabase,
  type SqliteStatement,
} from '../../../core/sqlite-driver.js';

export type SqlValue = string | number | null;
export type Row = readonly unknown[];

export class Connection {
  readonly #database: SqliteDatabase;

  constructor(readonly path: string) {
    // Waiting for a lock inside SQLite would block the event loop; `untilFree` waits outside.
    this.#database = inNativeCode(() => new DatabaseSync(path, { timeout: 0 }));
  }

  get inTransaction(): boolean {
    return inNativeCode(() => this.#database.isTransaction);
  }

  exec(sql: string): void {
    inNativeCode(() => this.#database.exec(sql));
  }

  /** Prepares a statement that writes; the function returns the number of rows it changed. */
  change(sql: string): (...values: SqlValue[]) => number {
    const statement = this.#prepare(sql);
    return (...values) => Number(inNativeCode(() => statement.run(...values)).changes);
  }

  /** Prepares a statement that returns rows. */
  select(sql: string): (...values: SqlValue[]) => Row[] {
    const statement = this.#prepare(sql);
    statement.setReturnArrays(true);
    // The driver's types do not know of arrays.
    const all = (values: SqlValue[]): Row[] =>
      inNativeCode(() => statement.all(...values)) as Row[];
    const exactly = (values: SqlValue[]): Row[] => all(values).map((row) => row.map(asNumber));
    // What writes is sent once; the rows that it returns are few.
    if (/\bRETURNING\b/.test(sql)) {
      statement.setReadBigInts(true);
      return (...values) => exactly(values);
    }
    return (...values) => {
      try {
        return all(values);
      } catch (error) {
        // A damaged row, whose number is larger than any that Skep writes, must not hide the others.
        if (!isTooLarge(error)) throw error;
      }
      statement.setReadBigInts(true);
      try {
        return exactly(values);
      } finally {
        statement.setReadBigInts(false);
      }
    };
  }

  /** The first value that a PRAGMA returns. */
  pragma(name: string): unknown {
    return this.select(`PRAGMA ${name}`)()[0]?.[0];
  }

  close(): void {
    inNativeCode(() => this.#database.close());
  }

  #prepare(sql: string): SqliteStatement {
    return inNativeCode(() => this.#database.prepare(sql));
  }
}

const asNumber = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
