// Reads SQL as far as deciding needs it: its bare words and marks, without comments, texts and quoted names.
import type { Dialect } from './scoped-data-source.js';

/** What a statement consists of beside its data, in upper case; undefined when it cannot be read. */
export type SqlWords = readonly string[];

const patterns = {
  space: /\s+/y,
  lineComment: /--[^\n]*/y,
  hashComment: /#[^\n]*/y,
  blockComment: /\/\*[\s\S]*?\*\//y,
  text: /'(?:[^']|'')*'/y,
  escapedText: /'(?:[^'\\]|''|\\[\s\S])*'/y,
  quotedName: /"(?:[^"]|"")*"/y,
  escapedQuotedText: /"(?:[^"\\]|""|\\[\s\S])*"/y,
  backtickName: /`(?:[^`]|``)*`/y,
  bracketName: /\[(?:[^\]]|\]\])*\]/y,
  dollarText: /\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/y,
  postgresEscapedText: /[eE]'(?:[^'\\]|''|\\[\s\S])*'/y,
  // A name after a dot is a column, whatever word it is.
  qualified: /\.\s*[A-Za-z_]\w*/y,
  word: /[A-Za-z_@$][\w$]*/y,
  mark: /:=|[^\sA-Za-z_]/y,
} as const;

type Pattern = keyof typeof patterns;

const skipped: Readonly<Record<Dialect, readonly Pattern[]>> = {
  mariadb: [
    'space',
    'lineComment',
    'hashComment',
    'blockComment',
    'escapedText',
    'escapedQuotedText',
    'backtickName',
  ],
  sqlite: [
    'space',
    'lineComment',
    'blockComment',
    'text',
    'quotedName',
    'backtickName',
    'bracketName',
  ],
  postgres: [
    'space',
    'lineComment',
    'blockComment',
    'postgresEscapedText',
    'text',
    'quotedName',
    'dollarText',
  ],
  mssql: ['space', 'lineComment', 'blockComment', 'text', 'quotedName', 'bracketName'],
};

/** A comment that MariaDB and MySQL execute: `/*! … *\/`. */
const executable = /\/\*M?!/;

/**
 * The words and marks of a statement. Undefined for what cannot be told from here: a text that does not
 * end, or a comment that the server executes.
 */
export function sqlWords(sql: string, dialect: Dialect): SqlWords | undefined {
  if (dialect === 'mariadb' && executable.test(sql)) return undefined;
  const words: string[] = [];
  for (let at = 0; at < sql.length; ) {
    const skip = endOf(skipped[dialect], sql, at);
    if (skip !== undefined) {
      // A text or a quoted name keeps its place, not its content.
      if (!/[\s/#-]/.test(sql.charAt(at))) words.push("'");
      at = skip;
      continue;
    }
    if (/['"`]/.test(sql.charAt(at)) || sql.startsWith('/*', at)) return undefined;
    const end = endOf(['qualified', 'word', 'mark'], sql, at) ?? at + 1;
    words.push(sql.slice(at, end).toUpperCase());
    at = end;
  }
  return words;
}

function endOf(names: readonly Pattern[], sql: string, at: number): number | undefined {
  for (const name of names) {
    const pattern = patterns[name];
    pattern.lastIndex = at;
    if (pattern.test(sql)) return pattern.lastIndex;
  }
  return undefined;
}

const before = /(?:\s|\(|;|--[^\n]*\n|#[^\n]*\n|\/\*(?!M?!)[\s\S]*?\*\/)*([A-Za-z]+)/y;

/** The first word of a statement, in upper case; empty when there is none. Cheap for long statements. */
export function leadingWord(sql: string): string {
  before.lastIndex = 0;
  return before.exec(sql)?.[1]?.toUpperCase() ?? '';
}
