// Durations as people write them: '250ms', '60s', '5m', '1h', '2d', '1.5h'.
const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;

/**
 * A number that begins with a digit and has no letter: no sign, no exponent, no `0x`. Written so that it is one member of a
 * union, because the compiler multiplies the members out wherever durations stand in a text.
 */
export type PlainNumber = `${number}` &
  `${bigint}${string}` &
  Uppercase<string> &
  Lowercase<string>;

/**
 * A length of time with its unit: `'250ms'`, `'60s'`, `'5m'`, `'1.5h'`, `'2d'`. The compiler refuses `'-5m'`, `'1e9d'` and `'5'`.
 * A computed one is made by {@link duration}.
 */
export type Duration = `${PlainNumber}${Unit}`;

/**
 * Makes a duration of a number that is computed, rounded to milliseconds.
 * @throws RangeError for a negative number, one that is not finite, and one beyond 285,000 years.
 * @example `context.retry({ delay: duration(retryAfter, 's') })`
 */
export function duration(amount: number, unit: Unit): Duration {
  const ms = Math.round(amount * unitMs[unit]);
  // -0 would be written as 0, and is no mistake of the caller.
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new RangeError(`a duration cannot be ${amount}${unit}`);
  }
  return `${ms}ms` as Duration;
}

/** The longest that anything is put off, in milliseconds: ten years. What lies beyond is a mistake, and no date for some databases. */
export const longestDelayMs = 3_650 * unitMs.d;

const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Milliseconds of a duration, or undefined when the text is not one. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const ms = Number(match[1]) * unitMs[match[2] as Unit];
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : undefined;
}

/** Milliseconds of a duration that was validated before. */
export function durationMs(duration: Duration): number {
  const ms = parseDuration(duration);
  if (ms === undefined) throw new RangeError(`not a duration: ${duration}`);
  return ms;
}

/** A duration for a person: `812 ms`, `2.4 s`, `1 min 5 s`, `3 h 12 min`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1_000)} s`;
  if (ms < unitMs.h) return pair(ms, unitMs.m, 'min', unitMs.s, 's');
  if (ms < unitMs.d) return pair(ms, unitMs.h, 'h', unitMs.m, 'min');
  return pair(ms, unitMs.d, 'd', unitMs.h, 'h');
}

const trim = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const total = Math.round(ms / small);
  const perBig = big / small;
  const rest = total % perBig;
  const whole = `${Math.floor(total / perBig)} ${bigName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}
