// Text that others have chosen, as it may stand on a terminal, in a log line or in JSON: nothing in it moves the cursor, ends a
// line, or turns the text around.

/** Control characters, characters of format and halves of surrogate pairs; not those that join letters and emoji. */
const unprintable = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu;
const unprintableInLines = /(?!\u200c|\u200d|[\t\n])[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu;
const shortest = /^[ -~]*$/;

export interface PrintableOptions {
  /** Line breaks and tabs stay. Default: false. */
  readonly lines?: boolean;
}

/**
 * The text with each such character written out: `\x1b` for an escape, `\u202e` for a mark that turns text around.
 *
 * @example printable('a\u001b[2Jb') // 'a\\x1b[2Jb'
 */
export function printable(text: string, { lines = false }: PrintableOptions = {}): string {
  if (shortest.test(text)) return text;
  return text.replace(lines ? unprintableInLines : unprintable, writtenOut);
}

/** Levels of data that are printed; what a damaged record holds may be far deeper than a stack. */
const deepest = 20;

/** The same for each text in data that is plain: what a command is about to print. */
export function printableDeep<T>(value: T): T {
  return printableTo(value, deepest) as T;
}

function printableTo(value: unknown, levels: number): unknown {
  if (typeof value === 'string') return printable(value, { lines: true });
  if (typeof value !== 'object' || value === null) return value;
  // A damaged column may hold bytes where a text belongs.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (levels === 0) return '[deep]';
  if (Array.isArray(value)) return value.map((each) => printableTo(each, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [printable(key), printableTo(each, levels - 1)]),
  );
}

/** JSON with these characters as its own escapes: it means the same, and harms no terminal. */
export function printableJson(value: unknown): string | undefined {
  return JSON.stringify(value)?.replace(unprintable, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function writtenOut(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return named[character] ?? `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
