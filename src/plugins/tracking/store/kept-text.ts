// What is kept of results and errors: cut to the size of their columns, without secrets.
import type { AttemptReport, RecordedError } from '../../../core/execution.js';
import { toJsonText } from '../../../core/json.js';
import { redact, redactText } from '../../../core/log/redact.js';
import { wellFormed } from '../../../core/well-formed.js';

/** Characters. No longer stack comes out of the search for secrets. */
const longest = { summary: 1_000, code: 128, message: 2_000, stack: 16_000 } as const;

/** The first characters of a text, an ellipsis in place of the last where it is longer. */
export function cutTo(text: string, length: number): string {
  return wellFormed(text.length <= length ? text : `${text.slice(0, length - 1)}…`);
}

/** The line that is kept of a result: the one that its task makes, else the result itself. */
export function summaryOf({ summary, result }: AttemptReport, task: string): string | null {
  if (summary !== undefined) return safe(summary, longest.summary);
  if (result === undefined || result === null) return null;
  return cutTo(toJsonText(redact(result, { task })) ?? '', longest.summary);
}

export interface KeptError {
  readonly code: string | null;
  readonly message: string | null;
  readonly stack: string | null;
}

export function keptError(error: RecordedError | undefined): KeptError {
  if (error === undefined) return { code: null, message: null, stack: null };
  return {
    code: cutTo(error.code, longest.code),
    message: safe(error.message, longest.message),
    stack: error.stack === undefined ? null : safe(error.stack, longest.stack),
  };
}

/** Cut before it is searched for secrets: it may be megabytes. */
function safe(text: string, length: number): string {
  return cutTo(redactText(text.slice(0, length * 2)), length);
}
