// Statements of many rows, for MariaDB and SQLite.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';

export type SqlValue = string | number | boolean | null;

/** SQLite takes 32,766 parameters; MariaDB 65,535. */
const parametersPerStatement = 30_000;

/** What a statement of many rows writes. */
export interface BulkTarget {
  readonly table: string;
  readonly columns: readonly string[];
}

/** What becomes of a row whose key is there already. */
export interface UpsertTarget extends BulkTarget {
  readonly key: readonly string[];
  /** New value by column; `incoming` names the value that could not be inserted. */
  readonly update: (incoming: (column: string) => string) => Readonly<Record<string, string>>;
}

/** Inserts rows; values stand in the order of the columns. */
export function insertRows(
  manager: EntityManager,
  target: BulkTarget,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  return write(manager, target, rows, '');
}

/** Inserts rows, or updates those whose key is there. */
export function upsertRows(
  manager: EntityManager,
  dialect: Dialect,
  target: UpsertTarget,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const mysql = dialect === 'mariadb';
  const changes = target.update((column) => (mysql ? `VALUES(${column})` : `excluded.${column}`));
  const set = Object.entries(changes)
    .map(([column, value]) => `${column} = ${value}`)
    .join(', ');
  const onConflict = mysql
    ? `ON DUPLICATE KEY UPDATE ${set}`
    : `ON CONFLICT (${target.key.join(', ')}) DO UPDATE SET ${set}`;
  return write(manager, target, rows, onConflict);
}

async function write(
  manager: EntityManager,
  { table, columns }: BulkTarget,
  rows: readonly (readonly SqlValue[])[],
  suffix: string,
): Promise<void> {
  const rowsPerStatement = Math.floor(parametersPerStatement / columns.length);
  const shape = parameterList(columns.length);
  for (let at = 0; at < rows.length; at += rowsPerStatement) {
    const chunk = rows.slice(at, at + rowsPerStatement);
    const values = Array<string>(chunk.length).fill(shape).join(', ');
    await manager.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values} ${suffix}`,
      chunk.flat(),
    );
  }
}

/** `(?, ?, …)`. */
export function parameterList(count: number): string {
  return `(${Array<string>(count).fill('?').join(', ')})`;
}
