// Random statements: a writing one behind what a fence may take for a comment, a quote or the end of a statement.
import type { Random } from './random.js';

const beginnings = [
  '',
  'SELECT 1',
  "SELECT 'a",
  'SELECT "a',
  'SELECT `a',
  'SELECT 5--1',
  'SELECT 1 /* /* */',
  '(SELECT 1)',
  'WITH a AS (SELECT 1)',
  'WITH a AS (SELECT 1) SELECT * FROM a',
  'EXPLAIN',
  'EXPLAIN ANALYZE',
  'COMMIT',
  'ROLLBACK',
  'BEGIN',
  'BEGIN READ WRITE',
  'START TRANSACTION READ WRITE',
  'START TRANSACTION',
  'SET TRANSACTION READ WRITE',
  'SAVEPOINT a',
  'RELEASE a',
  'SHOW TABLES',
  'DESCRIBE t',
  'VALUES (1)',
  'TABLE t',
  '/*! SELECT 1 */',
  '/*M! SELECT 1 */',
  '/**/',
  "SELECT '\\'",
  'SELECT "\\"',
  "SELECT E'\\'",
  'SELECT $$',
  'SELECT $a$',
  "SELECT U&'\\0027'",
  'SELECT 1 AS "a""',
];

const joints = [
  ' ',
  ';',
  ' ; ',
  '\n',
  '\t',
  '/**/',
  '/* */ ',
  ' -- \n',
  '--\n',
  '--',
  '#',
  '\\',
  "'",
  "''",
  "\\'",
  '"',
  '`',
  '*/',
  '/*',
  ' /*! ',
  '$$',
  '$a$',
  '\u0000',
  '\u00a0',
  '\v',
  '\f',
  '\r',
  '(',
  ')',
  ' UNION ',
  ' , ',
  " */ ' */",
];

const endings = [
  '',
  ';',
  ' -- ',
  " --'",
  '*/',
  ' #',
  "'",
  '"',
  '`',
  '$$',
  '; COMMIT',
  "; COMMIT --'",
  ')',
];

/** One statement, or what looks like one. */
export function randomStatement(random: Random, writers: readonly string[]): string {
  if (random.chance(0.25)) return random.one(writers);
  if (random.chance(0.15)) return random.one(beginnings);
  const parts = [random.one(beginnings)];
  for (let count = random.upTo(2); count > 0; count -= 1) {
    parts.push(random.one(joints), random.one([...writers, ...beginnings]));
  }
  parts.push(random.one(joints), random.one(writers), random.one(endings));
  return parts.join('');
}
