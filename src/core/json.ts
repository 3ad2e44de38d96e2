// JSON values as types, and the one place that decides whether something is JSON.

export type JsonPrimitive = string | number | boolean | null;
export type JsonValue = JsonPrimitive | JsonValue[] | { [key: string]: JsonValue };

/** Why a value is not JSON, in words for a person. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/**
 * The JSON text of a value, or undefined for undefined.
 * @throws NotJson for cycles, BigInt, functions and symbols.
 */
export function toJsonText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new NotJson(message, { cause: error });
  }
  if (text === undefined) throw new NotJson(`a ${typeof value} is not JSON`);
  return text;
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
