// Reads values of HRIS rows. The drivers of the engines return one value in different types. A value that Maria's
// column or the rules cannot take is refused here, by table, key and column, so that its row can be set aside.
import { isMisread } from '../../../core/well-formed.js';

/** A row as a driver returns it. */
export type RawRow = Readonly<Record<string, unknown>>;

/** A row of HRIS that was set aside, and the first of its values that cannot be taken. */
export interface RejectedRow {
  /** Name of the table in HRIS. */
  readonly table: string;
  /** Its `ID`; text where the `ID` itself is no whole number. */
  readonly key: number | string;
  readonly column: string;
  /** What the value is and what was expected, as in `is "2025-02-30", expected a date that exists, YYYY-MM-DD`. */
  readonly problem: string;
}

/** A value of HRIS is not what its column promises. */
export class SourceValueError extends Error {
  override readonly name = 'SourceValueError';

  constructor(readonly rejected: RejectedRow) {
    super(describeRejected(rejected));
  }
}

/** A rejected row in one line, for messages. */
export function describeRejected({ table, key, column, problem }: RejectedRow): string {
  return `${table}, row ${key}: ${column} ${problem}`;
}

/** The values that an INT column of Maria takes. */
const [leastInt, greatestInt] = [-(2 ** 31), 2 ** 31 - 1];

/** Characters of a value that a message shows. */
const shownCharacters = 40;

/** The key of a row as a whole number, or undefined when it is none. */
export function keyOf({ ID: key }: RawRow): number | undefined {
  const number = numberOf(key);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** True for a date of the years 1 to 9999, written `YYYY-MM-DD`, that is in the calendar. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // A date that does not exist is either no date or carried over, such as 30 February into March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Reads one row of a table of HRIS. Every method throws a `SourceValueError` for a value that cannot be taken. */
export class SourceRow {
  constructor(
    private readonly table: string,
    private readonly row: RawRow,
  ) {}

  int(column: string): number {
    const number = numberOf(this.row[column]);
    if (!Number.isSafeInteger(number)) return this.#refuse(column, 'a whole number');
    return number >= leastInt && number <= greatestInt
      ? number
      : this.#refuse(column, `a whole number from ${leastInt} to ${greatestInt}`);
  }

  /** @param longest the most characters that Maria's column takes. */
  text(column: string, longest: number): string {
    const value = this.#text(column);
    // Characters are counted as databases do; a string's length counts some of them twice.
    return value.length <= longest || [...value].length <= longest
      ? value
      : this.#refuse(column, `text of at most ${longest} characters`);
  }

  /** A whole number, a boolean, or the byte that a `BIT(1)` of MariaDB is. */
  flag(column: string): boolean {
    const value = this.row[column];
    if (!(value instanceof Uint8Array)) return this.int(column) !== 0;
    const [byte] = value;
    return value.length === 1 && (byte === 0 || byte === 1)
      ? byte === 1
      : this.#refuse(column, 'a bit');
  }

  date(column: string): string {
    const value = this.#text(column);
    return isDate(value) ? value : this.#refuse(column, 'a date that exists, YYYY-MM-DD');
  }

  /** `HH:MM`, also from `HH:MM:SS` without seconds, as a column of the type `TIME` is. */
  time(column: string): string {
    return this.#matching(
      column,
      /^([01]\d|2[0-3]):[0-5]\d(?=$|:00(\.0+)?$)/,
      'a time HH:MM of whole minutes',
    );
  }

  workDays(column: string): string {
    return this.#matching(column, /^[01]{7}$/, 'seven characters 0 or 1');
  }

  /** The value as `read` reads it, or null where the source has none. */
  optional<T>(column: string, read: (this: SourceRow, column: string) => T): T | null {
    return this.row[column] === null ? null : read.call(this, column);
  }

  #text(column: string): string {
    const value = this.row[column];
    if (typeof value !== 'string') return this.#refuse(column, 'text');
    return isMisread(value) ? this.#refuse(column, 'text whose bytes are UTF-8') : value;
  }

  #matching(column: string, pattern: RegExp, expected: string): string {
    return pattern.exec(this.#text(column))?.[0] ?? this.#refuse(column, expected);
  }

  #refuse(column: string, expected: string): never {
    throw new SourceValueError({
      table: this.table,
      key: keyOf(this.row) ?? shown(this.row.ID),
      column,
      problem: `is ${shown(this.row[column])}, expected ${expected}`,
    });
  }
}

/** NaN for what is no number. */
function numberOf(value: unknown): number {
  if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value);
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN;
}

/** A value as a message shows it: bounded, whatever it is. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value.subarray(0, shownCharacters / 2)).toString('hex');
    return `${value.length} bytes 0x${hex}`;
  }
  // JSON has no word for NaN and Infinity, which PostgreSQL keeps in numbers.
  if (['bigint', 'number'].includes(typeof value)) return String(value);
  const cut = typeof value === 'string' && value.length > shownCharacters;
  if (!cut) return JSON.stringify(value ?? null);
  const characters = [...value];
  const start = characters.slice(0, shownCharacters).join('');
  return `${JSON.stringify(start)}… (${characters.length} characters)`;
}
