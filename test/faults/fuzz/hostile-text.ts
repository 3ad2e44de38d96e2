// Text and JSON that somebody else may have chosen: to break out of a line, a quote, a terminal, a parser or a limit.
import type { Random } from './random.js';

const pieces: readonly string[] = [
  '',
  ' ',
  'a',
  'ü😀',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  'e\u0301\u0301\u0301\u0301',
  '\ud83d',
  '\ude00',
  '\u0000',
  '\u0007',
  '\u001b]0;title\u0007',
  '\u001b]52;c;aGVsbG8=\u0007',
  '\u001b[2J\u001b[H',
  '\u009b31m',
  '\u0085',
  '\r\nFAKE LINE',
  '\n\u001b[1A',
  '\t',
  '\u2028',
  '\u202eabc\u202c',
  '\u2066abc\u2069',
  '\ufeff',
  '\u061c',
  "'",
  '"',
  '`',
  "' OR 1=1 -- ",
  "\\' OR 1=1 -- ",
  '\\',
  '%',
  '_',
  '%s%d%j',
  '{',
  '}',
  '${toString}',
  '${constructor:-x}',
  '{{constructor}}',
  '$(id)',
  '__proto__',
  'constructor',
  'toString',
  '-1',
  '1e999',
  'NaN',
  '9007199254740993',
  '0s',
  '100000000d',
  '../../etc/passwd',
  '/proc/self/environ',
  'a://:',
  '/**/',
  '--1',
  'x'.repeat(300),
  '\u202e'.repeat(40),
];

/** At most so many pieces, one behind the other. */
export function hostileText(random: Random, most = 4): string {
  return random.some(most, () => random.one(pieces)).join('');
}

const keys: readonly string[] = [
  'm',
  'a',
  'password',
  'toJSON',
  '__proto__',
  'constructor',
  'prototype',
  'then',
  'length',
  '',
];

/** A value of JSON, as text, so that keys such as `__proto__` are own ones. */
export function hostileJson(random: Random, depth = 3): string {
  const kind = random.upTo(depth === 0 ? 4 : 6);
  switch (kind) {
    case 0:
      return random.one(['null', 'true', 'false', '0', '-0', '1.5', '1e308', '1e-320']);
    case 1:
      return random.one(['9007199254740993', '-1', '1e400', '""', '[]', '{}']);
    case 2:
    case 3:
      return JSON.stringify(hostileText(random));
    case 4:
      // The escape stays one: of half a pair, some parsers make bytes that are no UTF-8.
      return random.one(['"\\ud83d"', '"\\u0000"', '"a\\ude00b"', '"\\u001b[2J"']);
    case 5:
      return `[${random.some(4, () => hostileJson(random, depth - 1)).join(',')}]`;
    default: {
      const entry = (): string =>
        `${JSON.stringify(random.chance(0.6) ? random.one(keys) : hostileText(random, 2))}:${hostileJson(random, depth - 1)}`;
      return `{${random.some(4, entry).join(',')}}`;
    }
  }
}

/** JSON within itself so many times that a recursive parser ends. */
export function deepJson(random: Random): string {
  const depth = random.one([50, 500, 6_000, 100_000]);
  return random.chance(0.5)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

/** A text of JSON in which some characters are missing, doubled or others. */
export function torn(random: Random, text: string): string {
  const at = random.upTo(text.length);
  return random.one([
    text.slice(0, at),
    text.slice(at),
    `${text.slice(0, at)}${hostileText(random, 1)}${text.slice(at)}`,
    `${text.slice(0, at)}${text.slice(at + 1)}`,
    `${text}${text.slice(at)}`,
  ]);
}
