// Finds secrets in a text by the forms in which people and programs write them. Each pass is linear in the length.
import { isSecretName } from './secret-names.js';

/** What stands in the place of a secret. */
export const mask = '[redacted]';

type Pass = (text: string) => string;

/** A name and what divides it from its value: `password=`, `"apiKey": `, `token => `. */
const named = /(?<!\w)([A-Za-z_][\w-]{0,200})(["']?\]?\s*(?:=>|[=:])\s*)/g;
/** A value: quoted, in braces, or up to what ends it. A quote that nobody closes goes to the end. */
const value = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\{[^{}]*\}|[^\s"',;&{}]+/sy;
/** Their value goes to the end of the line, or of the text in quotes. */
const wholeLine = /^(proxy-?authorization|authorization)$/i;
const restOfHeader = /["']?[^\r\n"',;]+/y;
const cookies = /^(set-?)?cookies?$/i;
const restOfLine = /["']?[^\r\n"']+/y;
/** Whether there was a password is no secret: MariaDB's `(using password: YES)`. */
const yesOrNo = /(?:YES|NO)\)/y;

/** Values under secret names. */
const underNames: Pass = (text) => {
  let result = '';
  let done = 0;
  named.lastIndex = 0;
  for (let found = named.exec(text); found !== null; found = named.exec(text)) {
    const [, name = ''] = found;
    const at = named.lastIndex;
    // `//` after a scheme is no value; URLs have a pass of their own.
    if (text.startsWith('//', at) || !isSecretName(name) || name.toLowerCase() === 'payload')
      continue;
    if (matched(yesOrNo, text, at) !== undefined) continue;
    const pattern = wholeLine.test(name) ? restOfHeader : cookies.test(name) ? restOfLine : value;
    const given = matched(pattern, text, at);
    if (given === undefined) continue;
    result += text.slice(done, at) + masked(given);
    done = at + given.length;
    named.lastIndex = done;
  }
  return done === 0 ? text : result + text.slice(done);
};

/** What is in quotes stays in them. */
function masked(given: string): string {
  const [first = ''] = given;
  if (first !== '"' && first !== "'") return mask;
  return given.length > 1 && given.endsWith(first) ? first + mask + first : first + mask;
}

function matched(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

const scheme = /[a-z][a-z0-9+.-]{0,30}$/i;

/**
 * The user part of URLs with a password: up to the last `@` before a blank, because a password may hold an `@` or a `/`
 * that nobody escaped. @param isCut the text goes on where nobody sees it
 */
function userParts(text: string, isCut: boolean): string {
  let result = '';
  let done = 0;
  let end = -1;
  let lastAt = -1;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const from = at + 3;
    if (from < done) continue;
    if (from > end) {
      // Once for all URLs that stand in one another.
      end = from + text.slice(from).search(/\s|$/);
      lastAt = text.lastIndexOf('@', end);
    }
    const [name] = scheme.exec(text.slice(Math.max(0, at - 32), at)) ?? [];
    const isOpen = isCut && end === text.length && lastAt < from;
    if (name === undefined || (lastAt < from && !isOpen)) continue;
    const until = isOpen ? text.length : lastAt;
    const colon = text.indexOf(':', from);
    const slash = text.slice(from, until).search(/[/?#]/);
    const hasPassword =
      colon >= 0 && colon < until && (slash < 0 || colon < from + slash) && colon - from <= 256;
    if (hasPassword) {
      result += `${text.slice(done, colon + 1)}${mask}`;
      done = until;
    } else if (/^https?$/i.test(name) && slash < 0) {
      result += text.slice(done, from) + mask;
      done = until;
    }
  }
  return done === 0 ? text : result + text.slice(done);
}

const replaced =
  (pattern: RegExp, replacement: string): Pass =>
  (text) =>
    text.replace(pattern, replacement);

/** Forms without a name and a value, each with a word that nearly every text lacks: it is looked for first. */
const forms: readonly (readonly [hint: RegExp, pass: Pass])[] = [
  [
    /-----BEGIN/,
    replaced(
      /-----BEGIN [A-Z0-9 ]{0,40}KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
      mask,
    ),
  ],
  [/eyJ/, replaced(/(?<![\w-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g, mask)],
  [/hooks\.slack/, replaced(/(hooks\.slack\.com\/services\/)[^\s"']+/g, `$1${mask}`)],
  [
    /identified/i,
    replaced(/(\bidentified\s+by\s+(?:password\s+)?)(?:'[^']*'?|"[^"]*"?)/gi, `$1'${mask}'`),
  ],
  [
    /bearer|basic/i,
    replaced(/(\b(?:bearer|basic)\s+)(?=[\w.~+/-]{0,64}[\d.~+/_-])[\w.~+/-]{6,}=*/gi, `$1${mask}`),
  ],
  [/api.?key/i, replaced(/(\bapi[-_ ]?key\s+)(?=[^\s\d]{0,64}\d)[\w.~+/-]{6,}/gi, `$1${mask}`)],
  [
    /pass/i,
    replaced(/(\bpass(?:word|wort|wd|phrase)\s+(?:is|was|ist|war)\s+)[^\s"',;]+/gi, `$1${mask}`),
  ],
  [
    /--/,
    replaced(
      /(--[\w-]{0,40}(?:password|passwd|pwd|token|secret|api-?key|passphrase)\s+)(?!-)[^\s"']+/gi,
      `$1${mask}`,
    ),
  ],
  [
    / -p/,
    replaced(
      /(\b(?:mysql|mariadb|sshpass)[\w-]{0,20}\s(?:[^\n]{0,200}\s)?-p)[^\s]{3,}/g,
      `$1${mask}`,
    ),
  ],
  [
    /@/,
    replaced(
      /(?<![\w:/@.-])(?!npm:|git:|file:|mailto:|workspace:)([\w.-]{1,64}:)[^\s:@/"',;]{3,128}(?=@[\w.-])/g,
      `$1${mask}`,
    ),
  ],
];

/** What every form of a secret has some of; most texts have none. */
const anyHint = /[=:@]|-----BEGIN|eyJ|hooks\.slack|identified|bearer|basic|api.?key|pass|--| -p/i;

/** @param isCut the text goes on where nobody sees it */
export function withoutSecretForms(text: string, isCut: boolean): string {
  if (!anyHint.test(text)) return text;
  let safe = text.includes('://') ? userParts(text, isCut) : text;
  safe = /[=:]/.test(safe) ? underNames(safe) : safe;
  for (const [hint, pass] of forms) if (hint.test(safe)) safe = pass(safe);
  return safe;
}
