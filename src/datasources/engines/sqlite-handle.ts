// One open SQLite file, with the shape that TypeORM's better-sqlite3 driver expects.
import { inNativeCode } from '../../core/native-gate.js';
import {
  DatabaseSync,
  type SqliteStatement as DriverStatement,
  isTooLarge,
  type SqliteAuthorizer,
  type SqliteBound,
  type SqliteDatabase,
} from '../../core/sqlite-driver.js';
import { withSqliteCode } from '../../core/sqlite-errors.js';
import { isReading } from '../read-only.js';

type Row = Record<string, unknown>;

/** Statements kept prepared for one handle. */
const keptStatements = 100;

let numbers = 0;

export class SqliteStatement {
  /** Whether it returns rows. */
  readonly reader: boolean;
  readonly #statement: DriverStatement;

  /** @param mayRepeat whether it can be sent a second time and changes nothing by it */
  constructor(
    statement: DriverStatement,
    private readonly mayRepeat: boolean,
  ) {
    this.#statement = statement;
    this.reader = native(() => statement.columns()).length > 0;
    native(() => statement.setReturnArrays(true));
    // Larger integers than a number can be are asked for only where there are some: it makes reading slower.
    native(() => statement.setReadBigInts(!mayRepeat));
  }

  all(...parameters: unknown[]): Row[] {
    const values = parameters.map(bound);
    const rows = this.#values(values);
    const names = native(() => this.#statement.columns()).map(({ name }) => name);
    return rows.map((row) => asObject(names, row));
  }

  run(...parameters: unknown[]): { changes: number; lastInsertRowid: number } {
    const values = parameters.map(bound);
    const { changes, lastInsertRowid } = native(() => this.#statement.run(...values));
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  #values(values: SqliteBound[]): unknown[][] {
    const all = (): unknown[][] => native(() => this.#statement.all(...values)) as unknown[][];
    try {
      return all();
    } catch (error) {
      if (!this.mayRepeat || !isTooLarge(error)) throw error;
    }
    native(() => this.#statement.setReadBigInts(true));
    try {
      return all();
    } finally {
      native(() => this.#statement.setReadBigInts(false));
    }
  }
}

export class SqliteHandle {
  /** Number of this handle in this process. */
  readonly id: number;
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();
  #open = true;

  /** @param busyTimeoutMs how long a statement may block the process while another process writes. */
  constructor(file: string, readOnly: boolean, busyTimeoutMs: number) {
    numbers += 1;
    this.id = numbers;
    this.#database = native(() => new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs }));
    if (readOnly) native(() => this.#database.setAuthorizer?.(onlyReads));
  }

  get open(): boolean {
    return this.#open;
  }

  get inTransaction(): boolean {
    return this.#open && native(() => this.#database.isTransaction);
  }

  prepare(sql: string): SqliteStatement {
    const kept = this.#statements.get(sql);
    if (kept) return kept;
    const prepared = native(() => this.#database.prepare(sql));
    const statement = new SqliteStatement(prepared, isReading(sql, 'sqlite'));
    this.#statements.set(sql, statement);
    if (this.#statements.size > keptStatements) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return statement;
  }

  /** Executes without keeping a statement. */
  exec(sql: string): void {
    native(() => this.#database.exec(sql));
  }

  pragma(source: string): Row[] {
    return this.prepare(`PRAGMA ${source}`).all();
  }

  /** Ends what was begun, so that no lock stays. */
  rollBack(): void {
    if (this.inTransaction) this.exec('ROLLBACK');
  }

  /** Closes the handle. The package for older Nodes keeps the file itself open until the collector has taken the statements. */
  close(): void {
    if (!this.#open) return;
    this.rollBack();
    this.#open = false;
    this.#statements.clear();
    native(() => this.#database.close());
  }
}

/** Calls the driver; what it throws carries the name of SQLite's result code. */
function native<T>(call: () => T): T {
  try {
    return inNativeCode(call);
  } catch (error) {
    throw withSqliteCode(error);
  }
}

/** What SQLite asks its authorizer for, and the answers; the numbers are those of sqlite3.h. */
const asked = {
  pragma: 19,
  read: 20,
  select: 21,
  transaction: 22,
  func: 31,
  savepoint: 32,
  recursive: 33,
};
const [allow, deny] = [0, 1];
const readingActions = new Set(Object.values(asked));

/** No action that writes, attaches another file or loads code; the file itself is open for reading only. */
const onlyReads: SqliteAuthorizer = (action, _first, second) =>
  readingActions.has(action) && !(action === asked.func && second === 'load_extension')
    ? allow
    : deny;

function asObject(names: readonly string[], values: readonly unknown[]): Row {
  const row: Row = {};
  names.forEach((name, at) => {
    const value = given(values[at]);
    if (name !== '__proto__') row[name] = value;
    else Object.defineProperty(row, name, { value, enumerable: true });
  });
  return row;
}

/** Blobs as Buffer, and integers that no number can be as text, as the other drivers of Node give them. */
function given(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function bound(value: unknown): SqliteBound {
  switch (typeof value) {
    case 'string':
      // Some drivers would store, and most functions of SQLite would see, only what is before it.
      if (value.includes('\0'))
        throw new TypeError('SQLite cannot hold a text with the character U+0000');
      return value;
    case 'number':
    case 'bigint':
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
