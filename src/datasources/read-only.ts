// The first fence of a read-only source: tells statements that write from those that read, before they are sent. It is a
// courtesy with a good message. What holds is the server's: a read-only transaction around each use on MariaDB and PostgreSQL, a
// file opened for reading on SQLite, and everywhere the rights of the user; on SQL Server they are all there is.
import { SkepError } from '../core/errors/skep-error.js';
import type { Dialect } from './scoped-data-source.js';
import { leadingWord, type SqlWords, sqlWords } from './sql-words.js';

/** Words that write. After INSERT, REPLACE and TRUNCATE a parenthesis makes them functions. */
const writing = new Set([
  'INSERT',
  'UPDATE',
  'DELETE',
  'REPLACE',
  'MERGE',
  'INTO',
  'TRUNCATE',
  'CREATE',
  'ALTER',
  'DROP',
  'GRANT',
  'REVOKE',
  'CALL',
  'EXEC',
  'EXECUTE',
  'REFRESH',
  'LOAD',
  'COPY',
]);
/** T-SQL needs no ";" between statements, so these may stand anywhere. */
const writingOnMssql = new Set([
  'BACKUP',
  'RESTORE',
  'DBCC',
  'DENY',
  'DISABLE',
  'ENABLE',
  'KILL',
  'RECONFIGURE',
  'SHUTDOWN',
  'UPDATETEXT',
  'WRITETEXT',
  'WAITFOR',
  'SET',
  'USE',
  'REVERT',
  'CHECKPOINT',
]);

/** Functions that act on more than tables, as a query calls them: files, sessions, other servers. */
const acting: Readonly<Record<Dialect, RegExp>> = {
  mariadb: /^(LOAD_FILE|SYS_EXEC|SYS_EVAL)$/,
  sqlite: /^(READFILE|WRITEFILE|FSDIR|LSMODE|EDIT|LOAD_EXTENSION)$/,
  postgres:
    /^(LO_\w+|LOWRITE|DBLINK\w*|SET_CONFIG|PG_(READ|LS|FILE|STAT)_\w*FILE\w*|PG_LS_\w+|PG_FILE_\w+|PG_(TERMINATE|CANCEL)_BACKEND|PG_RELOAD_CONF|PG_ROTATE_LOGFILE\w*|PG_PROMOTE|PG_(CREATE|DROP)_\w+|PG_REPLICATION_\w+|PG_LOGICAL_\w+|PG_SWITCH_WAL|PG_BACKUP_\w+|PG_(START|STOP)_BACKUP|PG_NOTIFY|QUERY_TO_XML\w*)$/,
  mssql: /^(OPENQUERY|OPENROWSET|OPENDATASOURCE|XP_\w+|SP_\w+)$/,
};

const alsoFunctions = new Set(['INSERT', 'REPLACE', 'TRUNCATE', 'LOAD']);
const lockModes = new Set(['UPDATE', 'SHARE', 'NO', 'KEY']);

/** Pragmas that only tell something; those of tables take the table in parentheses. */
const tellingPragmas = new Set([
  'APPLICATION_ID',
  'BUSY_TIMEOUT',
  'COLLATION_LIST',
  'COMPILE_OPTIONS',
  'DATABASE_LIST',
  'ENCODING',
  'FOREIGN_KEYS',
  'FREELIST_COUNT',
  'FUNCTION_LIST',
  'JOURNAL_MODE',
  'PAGE_COUNT',
  'PAGE_SIZE',
  'QUERY_ONLY',
  'SCHEMA_VERSION',
  'SYNCHRONOUS',
  'TABLE_LIST',
  'USER_VERSION',
]);
const tablePragmas = new Set([
  'FOREIGN_KEY_CHECK',
  'FOREIGN_KEY_LIST',
  'INDEX_INFO',
  'INDEX_LIST',
  'INDEX_XINFO',
  'TABLE_INFO',
  'TABLE_LIST',
  'TABLE_XINFO',
]);

type Judge = (words: SqlWords, dialect: Dialect) => boolean;

const reads: Judge = (words, dialect) =>
  !words.some((word, at) => writes(words, at, dialect) || locks(word, words[at + 1]));

/** A plain SELECT holds no second statement, so only INTO and locks make it write; T-SQL needs no ";" for one. */
const selects: Judge = (words, dialect) =>
  dialect === 'mssql'
    ? reads(words, dialect)
    : !words.some((word, at) => word === 'INTO' || locks(word, words[at + 1]));

const controls: Judge = (words) => !words.includes('WRITE');

const judges: Readonly<Record<string, Judge>> = {
  SELECT: selects,
  VALUES: selects,
  TABLE: selects,
  WITH: reads,
  EXPLAIN: reads,
  DESCRIBE: reads,
  DESC: reads,
  SHOW: () => true,
  BEGIN: controls,
  START: (words, dialect) => words[1] === 'TRANSACTION' && controls(words, dialect),
  COMMIT: () => true,
  ROLLBACK: () => true,
  SAVEPOINT: () => true,
  SAVE: (words) => words[1] === 'TRANSACTION',
  RELEASE: () => true,
  END: () => true,
  SET: (words) =>
    /^SET TRANSACTION ISOLATION LEVEL (SERIALIZABLE|SNAPSHOT|REPEATABLE READ|READ (UN)?COMMITTED)$/.test(
      words.join(' '),
    ),
  PRAGMA: tells,
};

/** True for a statement that cannot change anything. In doubt it is false. */
export function isReading(sql: string, dialect: Dialect): boolean {
  // A long INSERT is not read to its end to find out what its first word says.
  if (!Object.hasOwn(judges, leadingWord(sql, dialect))) return false;
  const words = sqlWords(sql, dialect);
  if (words === undefined) return false;
  const statement = trimmed(words);
  if (statement.includes(';')) return false;
  const first = statement.find((word) => word !== '(');
  if (first === undefined) return false;
  if (acts(statement, dialect)) return false;
  return judges[first]?.(statement, dialect) ?? false;
}

/**
 * Refuses a statement that writes.
 * @throws SkepError `SKEP_READ_ONLY`.
 */
export function assertReading(sql: string, source: string, dialect: Dialect): void {
  if (isReading(sql, dialect)) return;
  const start = sql.trim().split(/\s+/, 3).join(' ').slice(0, 60);
  throw new SkepError('SKEP_READ_ONLY', `${source} is read only and does not take: ${start} …`);
}

function trimmed(words: SqlWords): SqlWords {
  const end = words.findLastIndex((word) => word !== ';');
  return words.slice(0, end + 1);
}

/** Whether it calls such a function, with or without the name of a schema before it. */
function acts(words: SqlWords, dialect: Dialect): boolean {
  return words.some(
    (word, at) => words[at + 1] === '(' && acting[dialect].test(word.replace(/^\.\s*/, '')),
  );
}

function writes(words: SqlWords, at: number, dialect: Dialect): boolean {
  const word = words[at] ?? '';
  if (dialect === 'mssql' && at > 0 && writingOnMssql.has(word)) return true;
  return writing.has(word) && !(words[at + 1] === '(' && alsoFunctions.has(word));
}

function locks(word: string, next: string | undefined): boolean {
  if (word === 'FOR') return next !== undefined && lockModes.has(next);
  return word === 'LOCK' && next === 'IN';
}

function tells(words: SqlWords): boolean {
  const [, name = '', ...rest] = words[2]?.startsWith('.')
    ? ['', words[2].slice(1), ...words.slice(3)]
    : words;
  if (rest.length === 0) return tellingPragmas.has(name) || tablePragmas.has(name);
  return rest[0] === '(' && rest.at(-1) === ')' && tablePragmas.has(name);
}
