// Reads a table of HRIS in pages by key, so that memory holds one page and no page is read twice.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { ReplicatedRow } from '../entities.js';
import type { SourceTable } from './source-tables.js';
import type { RawRow } from './source-values.js';

export interface PageReader {
  readonly manager: EntityManager;
  readonly dialect: Dialect;
  readonly size: number;
  /** Checked before each page. */
  readonly signal: AbortSignal;
}

/** Pages of a table in the order of its key. */
export async function* pagesOf<Row extends ReplicatedRow>(
  { manager, dialect, size, signal }: PageReader,
  table: SourceTable<Row>,
): AsyncGenerator<Row[]> {
  for (let after: number | undefined; ; ) {
    signal.throwIfAborted();
    const raw: RawRow[] = await manager.query(pageSql(table, dialect, size, after));
    const rows = raw.map((row) => table.read(row));
    if (rows.length > 0) yield rows;
    if (rows.length < size) return;
    after = rows.at(-1)?.id;
  }
}

function pageSql(
  { select, name }: Pick<SourceTable<ReplicatedRow>, 'select' | 'name'>,
  dialect: Dialect,
  size: number,
  after: number | undefined,
): string {
  // Whole numbers stand in the SQL itself: engines differ in how they write parameters.
  const where = after === undefined ? '' : `WHERE ID > ${after}`;
  return dialect === 'mssql'
    ? `SELECT TOP (${size}) ${select} FROM ${name} ${where} ORDER BY ID`
    : `SELECT ${select} FROM ${name} ${where} ORDER BY ID LIMIT ${size}`;
}
