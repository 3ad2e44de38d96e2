// Statements about many rows: one text for any number of them, in both dialects.
import type { Transaction } from '../../../core/ports/tracker.js';
import type { ColumnValue } from './pending-row.js';
import type { StoreDialect } from './rows.js';

/** What a statement is sent through: a manager, or the caller's transaction. */
export type Sender = Pick<Transaction, 'query'>;

/** A column that an UPDATE gets from outside, with its type as MariaDB is told it. */
export interface GivenColumn {
  readonly name: string;
  readonly type: string;
}

export interface ManyUpdates {
  readonly table: string;
  /** The first one names the row. */
  readonly given: readonly [GivenColumn, ...GivenColumn[]];
  /** New value by column; `v` is what is given and `e` the row. */
  readonly set: Readonly<Record<string, string>>;
  /** What must hold of `v` and `e` for a row to be updated. */
  readonly when?: string;
  /** Of MariaDB, that leads from the first one to the row; the unique one over it when absent. */
  readonly index?: string;
}

/** `all`: waits for those that somebody else has locked; `free`: leaves those out. */
export type Locking = 'none' | 'all' | 'free';

const lockSuffix = { none: '', all: ' FOR UPDATE', free: ' FOR UPDATE SKIP LOCKED' } as const;

/** Selects by id. What is locked stays as it is until the transaction ends; always in the same order. */
export async function selectByIds<Row>(
  sender: Sender,
  dialect: StoreDialect,
  {
    columns,
    ids,
    lock,
  }: { readonly columns: string; readonly ids: readonly string[]; readonly lock: Locking },
): Promise<Row[]> {
  // A writing transaction of SQLite has the file to itself.
  const suffix = dialect === 'mariadb' ? lockSuffix[lock] : '';
  const sql = `SELECT ${columns} FROM ${executionById(dialect)} WHERE id IN ${listOf(dialect)} ORDER BY id${suffix}`;
  // The driver types rows loosely; the caller knows the columns it asked for.
  return (await sender.query(sql, [listParameter(dialect, ids)])) as Row[];
}

/** The table for a statement that names ids: each is looked up, because a scan would wait for every row and lock it. */
export function executionById(dialect: StoreDialect): string {
  return dialect === 'mariadb' ? 'execution FORCE INDEX (ux_execution_id)' : 'execution';
}

/** The right side of `IN` for {@link listParameter}. */
export function listOf(dialect: StoreDialect): string {
  return dialect === 'mariadb' ? '(?)' : '(SELECT value FROM json_each(?))';
}

/** Keys as one parameter. */
export function listParameter(dialect: StoreDialect, keys: readonly string[]): unknown {
  return dialect === 'mariadb' ? keys : JSON.stringify(keys);
}

/** Text of one statement, about; a server takes 16 MiB. */
const mostText = 2 ** 22;

/** Cuts what is written together into what a server takes in one statement each. */
export function pieces<T>(items: readonly T[], lengthOf: (item: T) => number): T[][] {
  const all: T[][] = [];
  let room = 0;
  for (const item of items) {
    const length = lengthOf(item);
    if (length > room || all.length === 0) {
      all.push([]);
      room = mostText;
    }
    all.at(-1)?.push(item);
    room -= length;
  }
  return all;
}

/** Inserts all rows or none; values in the order of the columns. */
export async function insertMany(
  sender: Sender,
  dialect: StoreDialect,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
  rows: readonly (readonly ColumnValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const into = `INSERT INTO ${table} (${columns.join(', ')})`;
  if (dialect === 'mariadb') {
    await sender.query(`${into} VALUES ?`, [rows]);
    return;
  }
  const values = columns.map((_, index) => `json_extract(value, '$[${index}]')`);
  // Without WHERE the parser of SQLite may take what follows a SELECT for a join.
  await sender.query(`${into} SELECT ${values.join(', ')} FROM json_each(?) WHERE true`, [
    JSON.stringify(rows),
  ]);
}

/** Updates rows, each with values of its own; those stand in the order of the given columns. */
export async function updateMany(
  sender: Sender,
  dialect: StoreDialect,
  update: ManyUpdates,
  rows: readonly (readonly ColumnValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const { sql, values } = updateStatement(dialect, update, rows);
  await sender.query(sql, values);
}

/** A statement with the values of its question marks. */
export interface Statement {
  readonly sql: string;
  readonly values: unknown[];
}

/**
 * What {@link updateMany} sends.
 * @param rows at least one
 */
export function updateStatement(
  dialect: StoreDialect,
  { table, given, set, when, index = `ux_${table}_${given[0].name}` }: ManyUpdates,
  rows: readonly (readonly ColumnValue[])[],
): Statement {
  const [{ name: key }] = given;
  // What is the same in all rows is said once: each column that differs costs the server a part of a temporary table.
  const differs = given.map(
    ({ name }, index) => name === key || rows.some((row) => row[index] !== rows[0]?.[index]),
  );
  const same = new Map(
    given.flatMap(({ name }, index) => (differs[index] ? [] : [[name, rows[0]?.[index] ?? null]])),
  );
  const columns = given.filter((_, index) => differs[index]);
  const texts = JSON.stringify(rows.map((row) => row.filter((_, index) => differs[index])));
  const values: unknown[] = [];
  // In the order in which the question marks stand in the text.
  const using = (expression: string): string =>
    expression.replace(/\bv\.(\w+)/g, (whole, name: string) => {
      if (!same.has(name)) return whole;
      values.push(same.get(name));
      return '?';
    });
  const found = `e.${key} = v.${key}${when === undefined ? '' : ` AND ${when}`}`;
  if (dialect === 'sqlite') {
    const changes = Object.entries(set).map(([column, value]) => `${column} = ${using(value)}`);
    const picked = columns.map(({ name }, at) => `json_extract(value, '$[${at}]') AS ${name}`);
    values.push(texts);
    const sql = `UPDATE ${table} AS e SET ${changes.join(', ')}
      FROM (SELECT ${picked.join(', ')} FROM json_each(?)) AS v WHERE ${using(found)}`;
    return { sql, values };
  }
  values.push(texts);
  const picked = columns.map(({ name, type }, at) => `${name} ${type} PATH '$[${at}]'`);
  // Rows are looked up one by one, whatever the optimizer thinks of a small table: a scan would wait for every row, and
  // keep them all locked in a transaction of a task, so that two that end at one time would be in each other's way.
  const from = `JSON_TABLE(?, '$[*]' COLUMNS (${picked.join(', ')})) v
    STRAIGHT_JOIN ${table} e FORCE INDEX (${index}) ON ${using(found)}`;
  const changes = Object.entries(set).map(([column, value]) => `e.${column} = ${using(value)}`);
  return { sql: `UPDATE ${from} SET ${changes.join(', ')}`, values };
}

/**
 * Deletes rows by their key. They are looked up one by one, whatever the optimizer thinks of a small table: a scan would wait
 * for the rows of others, and they for its own.
 * @param index of MariaDB, that leads to the key
 */
export async function deleteMany(
  sender: Sender,
  dialect: StoreDialect,
  {
    table,
    key,
    index,
  }: { readonly table: string; readonly key: GivenColumn; readonly index: string },
  keys: readonly (string | number)[],
): Promise<void> {
  const sql =
    dialect === 'mariadb'
      ? `DELETE e FROM JSON_TABLE(?, '$[*]' COLUMNS (${key.name} ${key.type} PATH '$')) v
         STRAIGHT_JOIN ${table} e FORCE INDEX (${index}) ON e.${key.name} = v.${key.name}`
      : `DELETE FROM ${table} WHERE ${key.name} IN (SELECT value FROM json_each(?))`;
  await sender.query(sql, [JSON.stringify(keys)]);
}
