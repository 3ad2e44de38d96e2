// Reads values of a log table. The drivers of the engines return one value in different types, and SQLite keeps any
// value in any column. What cannot be read or stored becomes null, so that one bad row never ends a synchronisation.

/** The values that an INT column takes. */
export const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 } as const;
/** The values that an unsigned INT column takes; as unix seconds the years 1970 to 2106. */
export const unsigned32 = { min: 0, max: 2 ** 32 - 1 } as const;
/** The whole numbers that JavaScript keeps exactly. */
export const exact = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } as const;

const decimalPattern = /^\s*[+-]?\d+(\.\d*)?\s*$/;

/** A whole number within limits, or null; a fraction is cut off. */
export function wholeNumber(
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  const whole = Math.floor(numberOf(value));
  return whole >= min && whole <= max ? whole : null;
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && decimalPattern.test(value) ? Number(value) : Number.NaN;
}

/** Characters that a column of user codes takes. A code of HRIS has at most 64, so a cut code matches nobody. */
const longestText = 255;

/** Text, cut to what a column takes. A number or bytes in a text column are taken as the text they show. */
export function shortText(value: unknown): string {
  const text = textOf(value);
  return text.length <= longestText ? text : [...text].slice(0, longestText).join('');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}
