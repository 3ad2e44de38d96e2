// The first fence of a read-only source: tells statements that write from those that read, before they are
// sent. The second is the server's own: a read-only session, or a file opened for reading.
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

const reads: Judge = (words) =>
  !words.some((word, at) => writes(words, at) || locks(word, words[at + 1]));

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
  SET: (words, dialect) =>
    words.slice(0, 4).join(' ') === 'SET TRANSACTION ISOLATION LEVEL' && controls(words, dialect),
  PRAGMA: tells,
};

/** True for a statement that cannot change anything. In doubt it is false. */
export function isReading(sql: string, dialect: Dialect): boolean {
  // A long INSERT is not read to its end to find out what its first word says.
  if (!(leadingWord(sql) in judges)) return false;
  const words = sqlWords(sql, dialect);
  if (words === undefined) return false;
  const statement = trimmed(words);
  if (statement.includes(';')) return false;
  const first = statement.find((word) => word !== '(');
  if (first === undefined) return false;
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

function writes(words: SqlWords, at: number): boolean {
  const word = words[at] ?? '';
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
