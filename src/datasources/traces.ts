// Tells which statements leave something behind in their session, so that no other work inherits it.
import { isReading } from './read-only.js';
import type { Dialect } from './scoped-data-source.js';
import { leadingWord } from './sql-words.js';

const traceless = new Set([
  'INSERT',
  'UPDATE',
  'DELETE',
  'REPLACE',
  'MERGE',
  'VALUES',
  'SHOW',
  'EXPLAIN',
  'DESCRIBE',
  'DESC',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT',
  'SAVE',
  'RELEASE',
  'ALTER',
  'DROP',
  'TRUNCATE',
  'ANALYZE',
  'OPTIMIZE',
]);

/** Locks and variables that outlive their statement. */
const lasting =
  /\b(?:get_lock|pg_(?:try_)?advisory_lock|set_config|sp_getapplock)\s*\(|:=|\binto\s+@/i;
/** What MariaDB sets for one statement alone; MySQL may be told it in a comment that it does not execute. */
const forOneStatement = /^\s*(?:\/\*M!\s*)?set\s+statement\s[\w\s=,]+?\sfor\b\s*(?:\*\/)?/i;
const temporary = /^\s*create\s+(?:or\s+replace\s+)?(?:(?:local|global)\s+)?temp/i;

/**
 * True when the session is not as it was after this statement: variables, temporary tables, held locks,
 * a transaction begun by hand. In doubt it is true.
 * @param begun whether TypeORM itself has just begun the transaction
 */
export function leavesTraces(sql: string, dialect: Dialect, begun: boolean): boolean {
  const word = leadingWord(dialect === 'mariadb' ? sql.replace(forOneStatement, '') : sql, dialect);
  if (word === 'SELECT' || word === 'WITH') return lasting.test(sql);
  if (word === 'CREATE') return temporary.test(sql);
  if (word === 'BEGIN' || word === 'START') return !begun;
  if (word === 'SET') return !/^\s*set\s+transaction\s+isolation/i.test(sql);
  if (word === 'PRAGMA') return !isReading(sql, dialect);
  return !traceless.has(word);
}
