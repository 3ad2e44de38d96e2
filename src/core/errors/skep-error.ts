// The one error class of Skep: a catalogued code, a message for a person, and optional details.
import { type AnyErrorCode, describedEntry } from './entries.js';

export interface SkepErrorOptions {
  /** What happened underneath; printed with `--verbose`, never thrown away. */
  readonly cause?: unknown;
  /** Where the mistake is: a file with line and column, a class, a key of plugins.json. */
  readonly place?: string;
  /** Replaces the catalogue's remedy where a more exact one is known. */
  readonly remedy?: string;
  /** Facts for a program, merged into the JSON form of the error. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An error that Skep or a plugin raises on purpose. Its `code` is listed in docs/errors.md with cause and remedy, or in `errors` of
 * the plugin that has it.
 *
 * @example throw new SkepError('PAYROLL_CLOSED', 'the month 2026-03 is closed')
 */
export class SkepError extends Error {
  override readonly name: string = 'SkepError';
  readonly place: string | undefined;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: AnyErrorCode,
    message: string,
    options: SkepErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.place = options.place;
    this.remedy = options.remedy ?? describedEntry(String(code)).remedy;
    this.details = options.details ?? {};
  }
}

/** Several mistakes found together; boot reports all of them at once. */
export class SkepProblems extends SkepError {
  override readonly name = 'SkepProblems';

  constructor(readonly problems: readonly SkepError[]) {
    const first = problems[0];
    super(
      first?.code ?? 'SKEP_CONFIG_INVALID',
      problems.length === 1 && first ? first.message : `${problems.length} problems were found`,
      first?.place === undefined ? {} : { place: first.place },
    );
  }
}

/** Throws one {@link SkepProblems} when any problem was collected; otherwise does nothing. */
export function throwProblems(problems: readonly SkepError[]): void {
  if (problems.length > 0) throw new SkepProblems(problems);
}

/** The problems that an error stands for: those of a {@link SkepProblems}, or the error itself. */
export function problemsOf(error: unknown): readonly SkepError[] {
  if (error instanceof SkepProblems) return error.problems;
  if (error instanceof SkepError) return [error];
  return [new SkepError('SKEP_INTERNAL', messageOf(error), { cause: error })];
}

/** What was thrown, in words: it may be no error, have no text, or throw when it is asked. Never throws. */
export function messageOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message : error;
    return typeof text === 'string' && text !== '' ? text : `thrown: ${String(text)}`;
  } catch {
    return 'something was thrown that has no text';
  }
}

/** An error and its causes, outermost first; a cause that refers back ends the list. */
export function causes(error: unknown): readonly Error[] {
  const found: Error[] = [];
  for (let at = error; at instanceof Error && !found.includes(at); at = at.cause) found.push(at);
  return found;
}

/** True for an error of Skep with this code, wherever in the chain of causes it stands. */
export function hasCode(error: unknown, code: AnyErrorCode): boolean {
  return causes(error).some((cause) => cause instanceof SkepError && cause.code === code);
}
