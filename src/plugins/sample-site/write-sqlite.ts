// Writes a source into a SQLite file. A new file appears under its name only when it is whole.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SkepError } from '../../core/errors/skep-error.js';
import { makePrivateDatabase, makePrivateFolder } from '../../core/private-files.js';
import {
  DatabaseSync,
  type SqliteDatabase,
  type SqliteStatement,
} from '../../core/sqlite-driver.js';
import type { Column } from './schema.js';
import { batches, type SiteWriter, type WriterMode } from './writer.js';

/** Fastest near here, and the values of a batch stay far below SQLite's limit. */
const rowsAtOnce = 50;

/** Where a new file is written until it is whole. */
export const partialOf = (file: string): string => `${file}.partial`;

/** @throws SkepError `SKEP_DATABASE_FILE` when a new file exists already, or one to add to does not. */
export function openSqliteWriter(file: string, mode: WriterMode): SiteWriter {
  if (existsSync(file) === (mode === 'new')) {
    const why = mode === 'new' ? 'exists; a sample site overwrites nothing' : 'does not exist';
    throw new SkepError('SKEP_DATABASE_FILE', `${file} ${why}`, {
      remedy: mode === 'new' ? 'Move the file away.' : 'Write the site first.',
    });
  }
  return mode === 'new' ? newFile(file) : existingFile(file);
}

function newFile(file: string): SiteWriter {
  makePrivateFolder(dirname(file));
  // A process that was killed while it wrote may have left this one behind.
  const partial = partialOf(file);
  rmSync(partial, { force: true });
  makePrivateDatabase(partial);
  const database = new DatabaseSync(partial);
  // Nobody reads the file before it is whole, so nothing in it needs to survive a crash. (SQLite's defensive mode, which
  // some drivers set, refuses the mode OFF.)
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN');
  return {
    ...statements(database),
    finish: async () => {
      database.exec('COMMIT');
      database.close();
      flush(partial);
    },
    publish: async () => renameSync(partial, file),
    abandon: async () => {
      if (database.isOpen) database.close();
      rmSync(partial, { force: true });
    },
  };
}

function existingFile(file: string): SiteWriter {
  makePrivateDatabase(file);
  const database = new DatabaseSync(file);
  database.exec('BEGIN IMMEDIATE');
  return {
    ...statements(database),
    finish: async () => {
      database.exec('COMMIT');
      database.close();
    },
    publish: async () => {},
    abandon: async () => {
      // Closing rolls back.
      if (database.isOpen) database.close();
    },
  };
}

type Statements = Omit<SiteWriter, 'finish' | 'publish' | 'abandon'>;

function statements(database: SqliteDatabase): Statements {
  const prepared = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    create: async ({ name, columns }, { ifMissing } = { ifMissing: false }) => {
      const [key, ...others] = columns;
      const body = [`"${key.name}" INTEGER PRIMARY KEY`, ...others.map(definition)].join(', ');
      database.exec(`CREATE TABLE ${ifMissing ? 'IF NOT EXISTS ' : ''}"${name}" (${body})`);
    },
    insert: async ({ name, columns }, rows) => {
      const row = `(${columns.map(() => '?').join(', ')})`;
      for (const batch of batches(rows, rowsAtOnce)) {
        const sql = `INSERT INTO "${name}" VALUES ${batch.map(() => row).join(', ')}`;
        prepare(sql).run(...batch.flat());
      }
    },
    update: async ({ name, columns: [key, ...others] }, [id, ...values]) => {
      const set = others.map((column) => `"${column.name}" = ?`).join(', ');
      prepare(`UPDATE "${name}" SET ${set} WHERE "${key.name}" = ?`).run(...values, id ?? null);
    },
    checkpoint: async () => {},
  };
}

function definition({ name, type, nullable }: Column): string {
  const affinity = type === 'int' || type === 'bigint' || type === 'flag' ? 'INTEGER' : 'TEXT';
  return `"${name}" ${affinity}${nullable ? '' : ' NOT NULL'}`;
}

/** Brings a file to the disk before its name does. */
function flush(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
