// How a command fails: the error with cause and remedy for a person, or as JSON, and the exit code.
import { CommanderError } from 'commander';
import pc from 'picocolors';
import { type ExitCode, errorCatalogue } from '../../core/errors/catalogue.js';
import { causes, problemsOf, type SkepError } from '../../core/errors/skep-error.js';
import { redactText } from '../../core/log/redact.js';

export interface FailureOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Writes what went wrong to stderr (to stdout as JSON with --json) and returns the exit code. */
export function reportFailure(error: unknown, options: FailureOptions): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const problems = problemsOf(error);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ errors: problems.map(asJson) })}\n`);
  } else {
    for (const problem of problems) process.stderr.write(`${asText(problem)}\n`);
    if (problems.length > 1) process.stderr.write(pc.bold(`${problems.length} problems\n`));
  }
  if (options.verbose) process.stderr.write(`${redactText(stackOf(error))}\n`);
  return exitCodeOf(problems);
}

/** A needed service out of reach is the answer only when nothing else is wrong. */
function exitCodeOf(problems: readonly SkepError[]): ExitCode {
  const codes = problems.map(({ code }) => errorCatalogue[code].exitCode);
  return codes.includes(2) ? 2 : (codes[0] ?? 1);
}

function asText(problem: SkepError): string {
  const { cause } = errorCatalogue[problem.code];
  const place = problem.place === undefined ? '' : `\n  ${pc.dim('at    ')} ${problem.place}`;
  return [
    `${pc.red(problem.code)} ${redactText(problem.message)}${place}`,
    `  ${pc.dim('cause ')} ${cause}`,
    `  ${pc.dim('remedy')} ${problem.remedy}`,
  ].join('\n');
}

function asJson(problem: SkepError): object {
  return {
    code: problem.code,
    message: redactText(problem.message),
    ...(problem.place === undefined ? {} : { place: problem.place }),
    cause: errorCatalogue[problem.code].cause,
    remedy: problem.remedy,
    ...problem.details,
  };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const all = [error, ...problemsOf(error)].flatMap(causes);
  return [...new Set(all)].map(({ stack, message }) => String(stack ?? message)).join('\n');
}
