// One open SQLite file through the `libsql` package, with the shape that TypeORM's better-sqlite3 driver
// expects. It stands between them because libsql 0.5 differs from better-sqlite3 where it hurts: a lone
// null parameter fails, a lone object or a boolean ends the process, and so does asking a closed database
// whether it is in a transaction.
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { inNativeCode } from '../../core/native-gate.js';
import { codeOf } from '../errors.js';

/** What SQLite can hold. */
type Bound = number | bigint | string | Uint8Array | null;
type Row = Record<string, unknown>;

/** Statements kept prepared for one handle. */
const keptStatements = 100;

/** Failures after which a statement is finished; a parameter of a wrong type has no code. */
const harmless = /^(SQLITE_(ERROR|CONSTRAINT.*|MISMATCH|RANGE|TOOBIG|READONLY.*))?$/;

let numbers = 0;

export class SqliteStatement {
  readonly reader: boolean;
  readonly #statement: Database.Statement;
  readonly #onFailure: (error: unknown) => void;

  constructor(statement: Database.Statement, onFailure: (error: unknown) => void) {
    this.#statement = statement;
    this.#onFailure = onFailure;
    this.reader = inNativeCode(() => statement.reader);
  }

  all(...parameters: unknown[]): Row[] {
    // libsql gives rows as objects; its types leave them open.
    const rows = this.#do(() => this.#statement.all(parameters.map(bound)) as Row[]);
    for (const row of rows) asBuffers(row);
    return rows;
  }

  run(...parameters: unknown[]): Database.RunResult {
    return this.#do(() => this.#statement.run(parameters.map(bound)));
  }

  #do<T>(step: () => T): T {
    try {
      return inNativeCode(step);
    } catch (error) {
      this.#onFailure(error);
      throw error;
    }
  }
}

export class SqliteHandle {
  /** Number of this handle in this process. */
  readonly id: number;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, SqliteStatement>();
  #open = true;
  #sound = true;

  /** @param busyTimeoutMs how long a statement may block the process while another process writes. */
  constructor(file: string, readOnly: boolean, busyTimeoutMs: number) {
    numbers += 1;
    this.id = numbers;
    // libsql has no option for it, but SQLite reads the mode from a file: URI.
    const name = readOnly ? `${pathToFileURL(file).href}?mode=ro` : file;
    this.#database = inNativeCode(() => new Database(name, { timeout: busyTimeoutMs }));
  }

  get open(): boolean {
    return this.#open;
  }

  /** False once a statement was left unfinished: then the handle is to be closed, not used again. */
  get sound(): boolean {
    return this.#open && this.#sound;
  }

  get inTransaction(): boolean {
    return this.#open && inNativeCode(() => this.#database.inTransaction);
  }

  prepare(sql: string): SqliteStatement {
    const kept = this.#statements.get(sql);
    if (kept) return kept;
    const failed = (error: unknown): void => {
      this.#statements.delete(sql);
      // libsql does not reset a statement that found the file locked; it then blocks every COMMIT.
      if (!harmless.test(codeOf(error))) this.#sound = false;
    };
    const prepared = inNativeCode(() => this.#database.prepare(sql));
    const statement = new SqliteStatement(prepared, failed);
    this.#statements.set(sql, statement);
    if (this.#statements.size > keptStatements) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return statement;
  }

  /** Executes without keeping a statement: also when it finds the file locked, nothing of it stays. */
  exec(sql: string): void {
    inNativeCode(() => this.#database.exec(sql));
  }

  pragma(source: string): Row[] {
    return this.prepare(`PRAGMA ${source}`).all();
  }

  /** Ends what was begun, so that no lock stays. */
  rollBack(): void {
    if (this.inTransaction) this.exec('ROLLBACK');
  }

  /**
   * Closes the handle. libsql keeps the file itself open until the collector has taken every statement
   * that was prepared (tursodatabase/libsql-js issues 228 and 230), but no lock of it stays.
   */
  close(): void {
    if (!this.#open) return;
    this.rollBack();
    this.#open = false;
    this.#statements.clear();
    inNativeCode(() => this.#database.close());
  }
}

function bound(value: unknown): Bound {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'string':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'undefined':
      return null;
    case 'object':
      if (value === null || value instanceof Uint8Array) return value;
      // As TypeORM stores a Date in SQLite.
      if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('Z', '');
  }
  throw new TypeError(`SQLite cannot hold a parameter of this type: ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value) : typeof value;
}

/** libsql gives blobs as ArrayBuffer, the rest of Node's drivers as Buffer. */
function asBuffers(row: Row): void {
  for (const [name, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) row[name] = Buffer.from(value);
  }
}
