// A typed door to one SQLite file. The native driver ends the whole process when it is handed a boolean, and when it
// reads text that is not UTF-8: what goes in is typed here, and what others may have written is read as bytes.
import Database from 'libsql';
import { inNativeCode } from '../../../core/native-gate.js';

export type SqlValue = string | number | null;
export type Row = readonly unknown[];

export class Connection {
  readonly #database: Database.Database;

  constructor(readonly path: string) {
    // Waiting for a lock inside SQLite would block the event loop; `untilFree` waits outside.
    this.#database = inNativeCode(() => new Database(path, { timeout: 0 }));
  }

  get inTransaction(): boolean {
    return inNativeCode(() => this.#database.inTransaction);
  }

  exec(sql: string): void {
    inNativeCode(() => this.#database.exec(sql));
  }

  /** Prepares a statement that writes; the function returns the number of rows it changed. */
  change(sql: string): (...values: SqlValue[]) => number {
    const statement = inNativeCode(() => this.#database.prepare(sql));
    return (...values) => inNativeCode(() => statement.run(values).changes);
  }

  /** Prepares a statement that returns rows. */
  select(sql: string): (...values: SqlValue[]) => Row[] {
    const statement = inNativeCode(() => this.#database.prepare(sql).raw());
    // Raw mode makes every row an array; the driver's types do not know of modes.
    return (...values) => inNativeCode(() => statement.all(values) as Row[]);
  }

  /** The first value that a PRAGMA returns. */
  pragma(name: string): unknown {
    return this.select(`PRAGMA ${name}`)()[0]?.[0];
  }

  close(): void {
    inNativeCode(() => this.#database.close());
  }
}

/** Reads a text column that was selected with {@link bytes}. */
export function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}

export function textOrUndefined(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : text(value);
}

/** Selects a text column as bytes: safe for the driver, whatever was written there. */
export function bytes(column: string): string {
  return `CAST(${column} AS BLOB)`;
}
