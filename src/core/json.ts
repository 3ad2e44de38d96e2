// JSON values as types, and the one place that decides whether something is JSON.
import { type LossRules, lossOf } from './json-loss.js';

export type JsonPrimitive = string | number | boolean | null;
export type JsonValue = JsonPrimitive | JsonValue[] | { [key: string]: JsonValue };

/** Why a value is not JSON, in words for a person. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/**
 * The JSON text of what is JSON already, or undefined for undefined. For what others hand over there is
 * {@link checkedJsonText}.
 * @throws NotJson for cycles, BigInt, functions and symbols.
 */
export function toJsonText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = stringify(value);
  if (text === undefined) throw new NotJson(`a ${typeof value} is not JSON`);
  return text;
}

/**
 * The JSON text of a value that says all of it, or undefined for undefined. `JSON.stringify` makes `{}` of a Map and `null`
 * of NaN without a word; here that is refused. A property that is undefined is left out, and in an array it is null, as
 * JSON has it. What an object's own `toJSON` gives counts as the object.
 * @param takesDates a Date may become its ISO text, because a schema judges that text.
 * @throws NotJson that names the path of the first value that JSON cannot say: `$.items[3].when is a Date …`.
 */
export function checkedJsonText(
  value: unknown,
  { takesDates }: { readonly takesDates: boolean },
): string | undefined {
  if (value === undefined) return undefined;
  let text: string | undefined;
  try {
    text = stringify(value);
  } catch (error) {
    // Its own words name no path; it ends at circles and at a bigint.
    refuseLoss(value, { takesDates, bigints: false, above: new Set() });
    throw error;
  }
  // What stringify took has no circles, and a bigint only where somebody taught bigints to be JSON.
  refuseLoss(value, { takesDates, bigints: true, above: undefined });
  return text;
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new NotJson(message, { cause: error });
  }
}

function refuseLoss(value: unknown, rules: LossRules): void {
  let loss: string | undefined;
  try {
    loss = lossOf(value, rules);
  } catch (error) {
    // A getter that throws, or a value that is nested too deep for the stack.
    throw new NotJson(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (loss !== undefined) throw new NotJson(loss);
}

/** Size of a text in UTF-8, in bytes. */
export const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Bytes for a person: `812 B`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1).replace(/\.0$/, '')} ${units[unit]}`;
}
