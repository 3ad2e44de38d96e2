// Reads SQL as far as deciding needs it: its bare words and marks, without comments, texts and quoted names.
import type { Dialect } from './scoped-data-source.js';

/** What a statement consists of beside its data, in upper case. */
export type SqlWords = readonly string[];

const lineComment = /--[^\n]*/;
const hashComment = /#[^\n]*/;
const blockComment = /\/\*[\s\S]*?\*\//;
const text = /'(?:[^']|'')*'/;
const escapedText = /'(?:[^'\\]|''|\\[\s\S])*'/;
const quotedName = /"(?:[^"]|"")*"/;
const escapedQuotedText = /"(?:[^"\\]|""|\\[\s\S])*"/;
const backtickName = /`(?:[^`]|``)*`/;
const bracketName = /\[(?:[^\]]|\]\])*\]/;
const dollarText = /\$(?<tag>[A-Za-z_]\w*)?\$[\s\S]*?\$\k<tag>\$/;
const markedText = /[eE]'(?:[^'\\]|''|\\[\s\S])*'/;
// A name after a dot is a column, whatever word it is.
const word = /\.\s*[A-Za-z_]\w*|[A-Za-z_@$][\w$]*/;
// The start of something that does not end stands where nothing before has matched it.
const unended = /['"`]|\/\*/;
const mark = /[\s\S]/;

/** Blanks, numbers and operators say nothing; of them only = tells a setting from a question. */
const dull = /[\s\d,<>!+*%|&^~?]+/;
const comments = [dull, lineComment, blockComment];

const readers: Readonly<Record<Dialect, RegExp>> = {
  mariadb: reader([...comments, hashComment], [escapedText, escapedQuotedText, backtickName]),
  sqlite: reader(comments, [text, quotedName, backtickName, bracketName]),
  postgres: reader(comments, [markedText, text, quotedName, dollarText]),
  mssql: reader(comments, [text, quotedName, bracketName]),
};

/** Groups: the first is something quoted, the last but one something unended, the last a word or mark. */
function reader(left: readonly RegExp[], quoted: readonly RegExp[]): RegExp {
  const any = (patterns: readonly RegExp[]): string =>
    patterns.map(({ source }) => source).join('|');
  return new RegExp(
    `(?:${any(left)})|(${any(quoted)})|(${unended.source})|(${any([word, mark])})`,
    'y',
  );
}

/** A comment that MariaDB and MySQL execute: `/*! … *\/`. */
const executable = /\/\*M?!/;

/**
 * The words and marks of a statement; a text or a quoted name keeps its place, not its content. Undefined
 * for what cannot be told from here: a text that does not end, or a comment that the server executes.
 */
export function sqlWords(sql: string, dialect: Dialect): SqlWords | undefined {
  if (dialect === 'mariadb' && executable.test(sql)) return undefined;
  const words: string[] = [];
  const read = readers[dialect];
  read.lastIndex = 0;
  for (let found = read.exec(sql); found; found = read.exec(sql)) {
    if (found.at(-2) !== undefined) return undefined;
    const kept = found.at(-1);
    if (kept !== undefined) words.push(kept.toUpperCase());
    else if (found[1] !== undefined) words.push("'");
  }
  return words;
}

const before = /(?:\s|\(|;|--[^\n]*\n|#[^\n]*\n|\/\*(?!M?!)[\s\S]*?\*\/)*([A-Za-z]+)/y;

/** The first word of a statement, in upper case; empty when there is none. Cheap for long statements. */
export function leadingWord(sql: string): string {
  before.lastIndex = 0;
  return before.exec(sql)?.[1]?.toUpperCase() ?? '';
}
