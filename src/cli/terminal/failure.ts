// How a command fails: the error with cause and remedy for a person, or as JSON, and the exit code.
import { CommanderError } from 'commander';
import pc from 'picocolors';
import type { ExitCode } from '../../core/errors/catalogue.js';
import { describedEntry } from '../../core/errors/entries.js';
import { causes, problemsOf, type SkepError } from '../../core/errors/skep-error.js';
import { printable, printableJson } from '../../core/log/printable.js';
import { redact, redactText } from '../../core/log/redact.js';
import { indented, say } from './messages.js';

export interface FailureOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Writes what went wrong to stderr (to stdout as JSON with --json) and returns the exit code. Never throws: whatever an error of a
 * plugin does when it is asked, the command ends.
 */
export function reportFailure(error: unknown, options: FailureOptions): number {
  try {
    return report(error, options);
  } catch {
    process.stderr.write('SKEP_INTERNAL an error was thrown that cannot be described\n');
    return 1;
  }
}

function report(error: unknown, options: FailureOptions): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const problems = problemsOf(error);
  if (options.json) {
    process.stdout.write(`${printableJson({ errors: problems.map(asJson) })}\n`);
  } else {
    for (const problem of problems) say(asText(problem));
    if (problems.length > 1) say(pc.bold(`${problems.length} problems`));
  }
  if (options.verbose) say(redactText(stackOf(error)));
  return exitCodeOf(problems);
}

/** A needed service out of reach is the answer only when nothing else is wrong. */
function exitCodeOf(problems: readonly SkepError[]): ExitCode {
  const codes = problems.map(({ code }) => describedEntry(code).exitCode);
  return codes.includes(2) ? 2 : (codes[0] ?? 1);
}

/** Without secrets and colours of somebody else, for a line. */
const safe = (text: string): string =>
  indented(printable(redactText(text), { lines: true }), '         ');

function asText(problem: SkepError): string {
  const { cause } = describedEntry(problem.code);
  const place = problem.place === undefined ? '' : `\n  ${pc.dim('at    ')} ${safe(problem.place)}`;
  return [
    `${pc.red(printable(problem.code))} ${safe(problem.message)}${place}`,
    `  ${pc.dim('cause ')} ${safe(cause)}`,
    `  ${pc.dim('remedy')} ${safe(problem.remedy)}`,
  ].join('\n');
}

function asJson(problem: SkepError): object {
  return {
    code: problem.code,
    message: redactText(problem.message),
    ...(problem.place === undefined ? {} : { place: redactText(problem.place) }),
    cause: describedEntry(problem.code).cause,
    remedy: redactText(problem.remedy),
    ...(redact(problem.details) as object),
  };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return problemsOf(error)[0]?.message ?? '';
  const all = [error, ...problemsOf(error)].flatMap(causes);
  return [...new Set(all)].map(({ stack, message }) => String(stack ?? message)).join('\n');
}
