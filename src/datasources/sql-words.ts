// Reads SQL as far as deciding needs it: its bare words and marks, without comments, texts and quoted names. One pass, in
// time that is linear in the length, by the rules of each engine: what the server executes must never look like data here.
import type { Dialect } from './scoped-data-source.js';

/** What a statement consists of beside its data, in upper case. */
export type SqlWords = readonly string[];

interface Rules {
  /** `/* /* *\/ *\/` is one comment. */
  readonly nestedComments: boolean;
  /** `#` begins a comment. */
  readonly hashComments: boolean;
  /** `--` begins a comment only before a blank or a control character. */
  readonly dashesNeedBlank: boolean;
  /** Ends a comment of one line. */
  readonly lineEnd: RegExp;
  /** A `\r` by itself, of which it is not known whether it ends such a comment, makes the text unreadable. */
  readonly strangeReturn: boolean;
  /** A backslash in `'…'` and `"…"` takes the next character for itself. */
  readonly backslashes: boolean;
  readonly backticks: boolean;
  readonly brackets: boolean;
  /** `E'…'` with backslashes, and `$tag$…$tag$`. */
  readonly postgresTexts: boolean;
}

const plain: Rules = {
  nestedComments: false,
  hashComments: false,
  dashesNeedBlank: false,
  lineEnd: /\n/g,
  strangeReturn: false,
  backslashes: false,
  backticks: false,
  brackets: false,
  postgresTexts: false,
};

const rules: Readonly<Record<Dialect, Rules>> = {
  // Quotes and backslashes are as here because each session's `sql_mode` is pinned.
  mariadb: {
    ...plain,
    hashComments: true,
    dashesNeedBlank: true,
    strangeReturn: true,
    backslashes: true,
    backticks: true,
  },
  sqlite: { ...plain, strangeReturn: true, backticks: true, brackets: true },
  postgres: { ...plain, nestedComments: true, lineEnd: /[\r\n]/g, postgresTexts: true },
  mssql: { ...plain, nestedComments: true, strangeReturn: true, brackets: true },
};

/** Blanks and operators say nothing; of them only = tells a setting from a question. */
const dull = /[\s,<>!+*%|&^~?]+/y;
const number = /\d+(?:\.\d*)?/y;
const word = /[A-Za-z_@$][\w$]*/y;
// A name after a dot is a column, whatever word it is.
const column = /\.\s*[A-Za-z_]\w*/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

/** Where reading stands; `end` is undefined for what cannot be told from here. */
class Scanner {
  at = 0;
  readonly #rules: Rules;

  constructor(
    private readonly sql: string,
    private readonly dialect: Dialect,
  ) {
    this.#rules = rules[dialect];
  }

  /**
   * @returns the next word or mark in upper case, `'` for a text or a quoted name, null at the end, undefined for a text or
   * comment that does not end or whose end cannot be told, and for a comment that the server executes
   */
  next(): string | null | undefined {
    for (;;) {
      this.#match(dull);
      const { at, sql } = this;
      if (at >= sql.length) return null;
      const [first, second] = [sql[at], sql[at + 1]];
      if (first === '-' && second === '-' && this.#dashesBegin()) {
        if (!this.#skipLine()) return undefined;
      } else if (first === '#' && this.#rules.hashComments) {
        if (!this.#skipLine()) return undefined;
      } else if (first === '/' && second === '*') {
        if (!this.#skipBlock()) return undefined;
      } else if (this.#match(number) === undefined) {
        return this.#token(first ?? '');
      }
    }
  }

  #token(first: string): string | undefined {
    const { postgresTexts, backslashes, backticks, brackets } = this.#rules;
    if (first === "'") return this.#quoted("'", backslashes);
    if (first === '"') return this.#quoted('"', backslashes);
    if (first === '`') return backticks ? this.#quoted('`', false) : undefined;
    if (first === '[' && brackets) return this.#quoted(']', false);
    if (first === '\0') return undefined;
    if (first === '$' && postgresTexts) {
      const tag = this.#match(dollarTag);
      if (tag !== undefined) return this.#until(tag);
    }
    const found = this.#match(word) ?? this.#match(column);
    if (found === undefined) {
      this.at += 1;
      return first;
    }
    const isMarked = postgresTexts && /^e$/i.test(found) && this.sql[this.at] === "'";
    return isMarked ? this.#quoted("'", true) : found.toUpperCase();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.sql)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  #dashesBegin(): boolean {
    if (!this.#rules.dashesNeedBlank) return true;
    const code = this.sql.charCodeAt(this.at + 2);
    return Number.isNaN(code) || code <= 0x20 || code === 0x7f;
  }

  #skipLine(): boolean {
    const { lineEnd, strangeReturn } = this.#rules;
    lineEnd.lastIndex = this.at;
    const end = lineEnd.exec(this.sql)?.index ?? this.sql.length;
    const text = this.sql.slice(this.at, end);
    this.at = end + 1;
    return !(strangeReturn && /\r(?!$)/.test(text));
  }

  #skipBlock(): boolean {
    const { sql } = this;
    if (this.dialect === 'mariadb' && /^\/\*M?!/.test(sql.slice(this.at, this.at + 4)))
      return false;
    const { nestedComments } = this.#rules;
    const opening = new Finder(sql, '/*');
    const closing = new Finder(sql, '*/');
    let from = this.at + 2;
    for (let depth = 1; depth > 0; from += 2) {
      const close = closing.from(from);
      if (close < 0) return false;
      const open = nestedComments ? opening.from(from) : -1;
      const isOpened = open >= 0 && open < close;
      depth += isOpened ? 1 : -1;
      from = isOpened ? open : close;
    }
    this.at = from;
    return true;
  }

  /** What is open is closed by `end`; twice it is a character of the text. */
  #quoted(end: string, backslashes: boolean): string | undefined {
    const { sql } = this;
    const ends = new Finder(sql, end);
    const escapes = new Finder(sql, '\\');
    for (let from = this.at + 1; ; ) {
      const close = ends.from(from);
      if (close < 0) return undefined;
      const backslash = backslashes ? escapes.from(from) : -1;
      if (backslash >= 0 && backslash < close) from = backslash + 2;
      else if (sql[close + 1] === end) from = close + 2;
      else {
        this.at = close + 1;
        return "'";
      }
    }
  }

  #until(tag: string): string | undefined {
    const end = this.sql.indexOf(tag, this.at);
    if (end < 0) return undefined;
    this.at = end + tag.length;
    return "'";
  }
}

/** Finds a text again and again, further on each time, and looks at no character twice. */
class Finder {
  #at = -1;
  #isOver = false;

  constructor(
    private readonly text: string,
    private readonly part: string,
  ) {}

  /** Where it is next, from a place on; -1 when it is not. */
  from(place: number): number {
    if (!this.#isOver && this.#at < place) {
      this.#at = this.text.indexOf(this.part, place);
      this.#isOver = this.#at < 0;
    }
    return this.#isOver ? -1 : this.#at;
  }
}

/** The words and marks of a statement; a text or a quoted name keeps its place, not its content. Undefined when it cannot be read. */
export function sqlWords(sql: string, dialect: Dialect): SqlWords | undefined {
  const words: string[] = [];
  const scanner = new Scanner(sql, dialect);
  for (let token = scanner.next(); token !== null; token = scanner.next()) {
    if (token === undefined) return undefined;
    words.push(token);
  }
  return words;
}

const beginning = /^\s*([A-Za-z]+)(?=[\s(;]|$)/;

/** The first word of a statement, in upper case; empty when there is none. Reads no further. */
export function leadingWord(sql: string, dialect: Dialect): string {
  // Nearly each statement begins with it.
  const plainly = beginning.exec(sql)?.[1];
  if (plainly !== undefined) return plainly.toUpperCase();
  const scanner = new Scanner(sql, dialect);
  let token = scanner.next();
  while (token === '(' || token === ';') token = scanner.next();
  return token && /^[A-Z]/.test(token) ? token : '';
}
