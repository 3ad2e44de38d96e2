// What no command may do, whatever it is given.
import type { Finished } from '../../support/skep.js';

/** What is shown of an output that is wrong, around the place. */
function excerpt(text: string, at = 0): string {
  const from = Math.max(0, at - 100);
  return JSON.stringify(text.slice(from, from + 300));
}

/** What no output may hold as itself: control characters but for line break and tab, marks that turn text around, separators. */
export const raw = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

/** A line of a stack trace; the binary shows none unless it is asked to. */
const traceLine = /^\s+at .*(?:file:\/\/|node:|\(\/)\S*:\d+:\d+\)?$/m;

/**
 * @param codes exit codes in order, as the README lists them
 * @param secrets what must not stand in its output
 */
export function whatIsWrong(
  { code, signal, stdout, stderr }: Finished,
  { codes = [0, 1, 2, 3], secrets = [] }: { codes?: number[]; secrets?: readonly string[] } = {},
): string[] {
  const wrong: string[] = [];
  const output = `${stdout}\n${stderr}`;
  if (signal !== null) wrong.push(`ended by ${signal}`);
  else if (!codes.includes(Number(code))) wrong.push(`exit code ${code}`);
  const found = raw.exec(output);
  if (found !== null) {
    const code = found[0].charCodeAt(0).toString(16).padStart(4, '0');
    wrong.push(`a raw U+${code} in ${excerpt(output, found.index)}`);
  }
  const half = /\p{Surrogate}/u.exec(output);
  if (half !== null) wrong.push(`half a surrogate pair in ${excerpt(output, half.index)}`);
  const internal = output.indexOf('SKEP_INTERNAL');
  if (internal >= 0) wrong.push(`in ${excerpt(output, internal)}`);
  const trace = traceLine.exec(stderr);
  if (trace !== null) wrong.push(`a stack trace in ${excerpt(stderr, trace.index)}`);
  for (const secret of secrets) {
    const at = output.indexOf(secret);
    if (at >= 0) wrong.push(`the secret ${secret} in ${excerpt(output, at)}`);
  }
  if (code !== 0 && code !== 1 && output.trim() === '') wrong.push('a failure without a word');
  return wrong;
}

/** What a command wrote that promised one JSON document, or one a line. */
export function whatIsNoJson({ stdout }: Finished): string[] {
  if (isJson(stdout) || stdout === '') return [];
  const line = stdout
    .trimEnd()
    .split('\n')
    .find((each) => !isJson(each));
  return line === undefined ? [] : [`no JSON: ${excerpt(line)}`];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
