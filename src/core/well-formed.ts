// Text that every store takes, and text that came from bytes which are none.

/** What stands for a character that is none. */
const replacement = '\uFFFD';

const unstorable = /[\p{Surrogate}\0]/gu;

/**
 * The text as every store takes it: half of a surrogate pair is no character, and SQLite ends a text at a NUL. Each becomes
 * U+FFFD.
 */
export const wellFormed = (text: string): string => text.replace(unstorable, replacement);

/**
 * Whether a text of a data source was made of bytes that are not UTF-8, as far as it shows: drivers put U+FFFD in their place.
 */
export const isMisread = (text: unknown): boolean =>
  typeof text === 'string' && text.includes(replacement);
