// What a site is written through: one writer for each source, whatever the engine behind it.
import type { Row, Table } from './schema.js';

export interface SiteWriter {
  /** Makes a table. With `ifMissing` one that is there already is left alone, otherwise it is an error. */
  create(table: Table, options?: { readonly ifMissing: boolean }): Promise<void>;
  insert(table: Table, rows: readonly Row[]): Promise<void>;
  /** Replaces the row that has this row's key. */
  update(table: Table, row: Row): Promise<void>;
  /** Lets an engine commit the rows so far, where one transaction for all of them would be a burden. */
  checkpoint(): Promise<void>;
  /** Makes durable all that was written, and lets go of the database. */
  finish(): Promise<void>;
  /** Makes a finished source visible, where the engine can hide it until then. */
  publish(): Promise<void>;
  /** Takes back what was written and lets go of the database; after `finish` it does nothing. */
  abandon(): Promise<void>;
}

/** A writer begins with an empty source, or adds to a written one. */
export type WriterMode = 'new' | 'add';

/** Cuts rows into batches of at most `size`. */
export function* batches(rows: readonly Row[], size: number): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}
