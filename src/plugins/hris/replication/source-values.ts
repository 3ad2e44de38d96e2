// Reading values of HRIS rows: drivers differ in how they return them, and what cannot be read is named.

/** A row as a driver returns it. */
export type RawRow = Readonly<Record<string, unknown>>;

/** A value of HRIS is not what its column promises. */
class SourceValueError extends Error {
  override readonly name = 'SourceValueError';

  constructor(table: string, row: RawRow, column: string, expected: string) {
    const value = JSON.stringify(row[column] ?? null);
    super(`${table}, row ${String(row.ID)}: ${column} is ${value}, expected ${expected}`);
  }
}

/** Reads one row of a table of HRIS. */
export class SourceRow {
  constructor(
    private readonly table: string,
    private readonly row: RawRow,
  ) {}

  int(column: string): number {
    const value = this.row[column];
    const number = value === null || value === '' ? Number.NaN : Number(value);
    return Number.isSafeInteger(number) ? number : this.#refuse(column, 'a whole number');
  }

  text(column: string): string {
    const value = this.row[column];
    return typeof value === 'string' ? value : this.#refuse(column, 'text');
  }

  flag(column: string): boolean {
    return this.int(column) !== 0;
  }

  date(column: string): string {
    return this.#matching(column, /^\d{4}-\d{2}-\d{2}$/, 'a date YYYY-MM-DD');
  }

  time(column: string): string {
    return this.#matching(column, /^([01]\d|2[0-3]):[0-5]\d$/, 'a time HH:MM');
  }

  workDays(column: string): string {
    return this.#matching(column, /^[01]{7}$/, 'seven characters 0 or 1');
  }

  /** The value as `read` reads it, or null where the source has none. */
  optional<T>(column: string, read: (this: SourceRow, column: string) => T): T | null {
    return this.row[column] === null ? null : read.call(this, column);
  }

  #matching(column: string, pattern: RegExp, expected: string): string {
    const value = this.text(column);
    return pattern.test(value) ? value : this.#refuse(column, expected);
  }

  #refuse(column: string, expected: string): never {
    throw new SourceValueError(this.table, this.row, column, expected);
  }
}
