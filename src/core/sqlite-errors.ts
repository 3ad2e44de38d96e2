// What SQLite says with a failure: its result code, whichever driver it comes through.

/** Primary result codes of SQLite. */
export const sqliteCodes = {
  ERROR: 1,
  INTERNAL: 2,
  PERM: 3,
  ABORT: 4,
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  INTERRUPT: 9,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  SCHEMA: 17,
  TOOBIG: 18,
  CONSTRAINT: 19,
  MISMATCH: 20,
  MISUSE: 21,
  AUTH: 23,
  RANGE: 25,
  NOTADB: 26,
} as const;

/** Extended codes that programs ask for by name. */
const extendedNames: Readonly<Record<number, string>> = {
  275: 'CONSTRAINT_CHECK',
  787: 'CONSTRAINT_FOREIGNKEY',
  1299: 'CONSTRAINT_NOTNULL',
  1555: 'CONSTRAINT_PRIMARYKEY',
  1811: 'CONSTRAINT_TRIGGER',
  2067: 'CONSTRAINT_UNIQUE',
  2579: 'CONSTRAINT_ROWID',
  261: 'BUSY_RECOVERY',
  517: 'BUSY_SNAPSHOT',
};

const primaryNames = new Map<number, string>(
  Object.entries(sqliteCodes).map(([name, code]) => [code, name]),
);

/**
 * SQLite's own texts for its codes: the package leaves the code out where a statement fails that returns rows. A text is
 * compared up to a colon, behind which constraints name a column.
 */
const texts: Readonly<Record<string, number>> = {
  'database is locked': sqliteCodes.BUSY,
  'database table is locked': sqliteCodes.LOCKED,
  'database schema is locked': sqliteCodes.LOCKED,
  'attempt to write a readonly database': sqliteCodes.READONLY,
  'disk I/O error': sqliteCodes.IOERR,
  'database disk image is malformed': sqliteCodes.CORRUPT,
  'database or disk is full': sqliteCodes.FULL,
  'unable to open database file': sqliteCodes.CANTOPEN,
  'unable to open database': sqliteCodes.CANTOPEN,
  'locking protocol': sqliteCodes.PROTOCOL,
  'string or blob too big': sqliteCodes.TOOBIG,
  'datatype mismatch': sqliteCodes.MISMATCH,
  'file is not a database': sqliteCodes.NOTADB,
  'not authorized': sqliteCodes.AUTH,
  'UNIQUE constraint failed': 2067,
  'NOT NULL constraint failed': 1299,
  'CHECK constraint failed': 275,
  'FOREIGN KEY constraint failed': 787,
};

const messageOf = (error: unknown): string =>
  String((error as { message?: unknown } | null | undefined)?.message);

/** SQLite's extended result code; undefined when the error does not come from SQLite. */
function extendedCode(error: unknown): number | undefined {
  // Not by its class: native code may make it in another realm.
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code, errcode } = error as { code: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return errcode;
  if (code !== 'ERR_SQLITE_ERROR') return undefined;
  const [text = ''] = messageOf(error).split(':');
  return texts[text] ?? sqliteCodes.ERROR;
}

/** SQLite's primary result code; undefined when the error does not come from SQLite. */
export function sqliteCodeOf(error: unknown): number | undefined {
  const code = extendedCode(error);
  return code === undefined ? undefined : code & 0xff;
}

/**
 * The error of a driver with the name of SQLite's result code as its `code`, such as `SQLITE_BUSY` or
 * `SQLITE_CONSTRAINT_UNIQUE`, as other drivers of SQLite have it, and the number as `errcode`.
 */
export function withSqliteCode(error: unknown): unknown {
  const errcode = extendedCode(error);
  if (errcode === undefined) return error;
  const name = extendedNames[errcode] ?? primaryNames.get(errcode & 0xff) ?? 'ERROR';
  // An error that native code made in another realm, as under Jest, is no Error here.
  const own = error instanceof Error ? error : new Error(messageOf(error), { cause: error });
  return Object.assign(own, { code: `SQLITE_${name}`, errcode });
}
