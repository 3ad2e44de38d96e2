// Reads a table of HRIS in pages by key, so that memory holds one page and no page is read twice.
import type { EntityManager } from 'typeorm';
import type { SourceDialect } from '../../../datasources/supported-engine.js';
import type { ReplicatedRow } from '../entities.js';
import type { Rejections } from './rejections.js';
import type { SourceTable } from './source-tables.js';
import { keyOf, type RawRow, type RejectedRow, SourceValueError } from './source-values.js';

export interface PageReader {
  readonly manager: EntityManager;
  readonly dialect: SourceDialect;
  readonly size: number;
  /** Checked before each page. */
  readonly signal: AbortSignal;
  /** Rows that are set aside are added to it. */
  readonly rejections: Rejections;
}

/** The rows of one page: those that can be taken, and those that are set aside. */
export interface SourcePage<Row> {
  readonly rows: readonly Row[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * Pages of a table in the order of its key.
 * @throws TooManyRejectedError when more rows are set aside than are allowed.
 * @throws Error for a whole page of rows whose `ID` is no whole number: they cannot be paged through.
 */
export async function* pagesOf<Row extends ReplicatedRow>(
  { manager, dialect, size, signal, rejections }: PageReader,
  table: SourceTable<Row>,
): AsyncGenerator<SourcePage<Row>> {
  // SQLite sorts text after every number, so that a row whose key is text may be on several pages.
  const unreadableKeys = new Set<string>();
  for (let after: number | undefined; ; ) {
    signal.throwIfAborted();
    const raw: RawRow[] = await manager.query(pageSql(table, dialect, size, after));
    const page = readPage(table, raw, unreadableKeys);
    rejections.add(page.rejected);
    if (raw.length > 0) yield page;
    if (raw.length < size) return;
    after = raw.reduce<number | undefined>((last, row) => keyOf(row) ?? last, undefined);
    if (after === undefined) {
      throw new Error(
        `${table.name}: ${raw.length} rows in succession have an ID that is no number`,
      );
    }
  }
}

function readPage<Row extends ReplicatedRow>(
  table: SourceTable<Row>,
  raw: readonly RawRow[],
  unreadableKeys: Set<string>,
): SourcePage<Row> {
  const rows: Row[] = [];
  const rejected: RejectedRow[] = [];
  for (const row of raw) {
    try {
      rows.push(table.read(row));
    } catch (error) {
      if (!(error instanceof SourceValueError)) throw error;
      const { key } = error.rejected;
      // A null key is on no second page, and several rows may have one.
      if (typeof key === 'string' && row.ID !== null) {
        if (unreadableKeys.has(key)) continue;
        unreadableKeys.add(key);
      }
      rejected.push(error.rejected);
    }
  }
  return { rows, rejected };
}

function pageSql(
  table: Pick<SourceTable<ReplicatedRow>, 'select' | 'name'>,
  dialect: SourceDialect,
  size: number,
  after: number | undefined,
): string {
  // Whole numbers stand in the SQL itself: engines differ in how they write parameters. The key is named with its table,
  // since the selected "ID" is another name to an engine that distinguishes capitals.
  const where = after === undefined ? '' : `WHERE ID > ${after}`;
  return `SELECT ${table.select(dialect)} FROM ${table.name} ${where} ORDER BY ${table.name}.ID LIMIT ${size}`;
}
