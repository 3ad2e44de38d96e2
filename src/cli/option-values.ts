// Values of options: read, or refused with what was expected.
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/duration.js';
import { SkepError } from '../core/errors/skep-error.js';

/** Reads a whole number. */
export const wholeNumber =
  (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const upTo = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`expected a whole number ${upTo}`);
  };

/** Reads names with commas between them. */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return [...new Set(names)];
  throw new InvalidArgumentError('expected names with commas between them, such as default,mail');
}

/**
 * Before anything is done: a wait that cannot be bounded as asked would be noticed when the work is under way.
 * @throws SkepError `SKEP_USAGE`.
 */
export function assertTimeout({
  wait,
  timeout,
}: {
  readonly wait?: boolean;
  readonly timeout?: string;
}): void {
  if (timeout === undefined) return;
  if (!wait)
    throw new SkepError(
      'SKEP_USAGE',
      '--timeout says how long --wait waits, and --wait is not given',
    );
  if (parseDuration(timeout) !== undefined) return;
  throw new SkepError('SKEP_USAGE', `--timeout: "${timeout}" is not a duration such as 5m`);
}
