// An error on record as a command shows it: with cause and remedy where the catalogue of errors has it.
import pc from 'picocolors';
import { entryOf } from '../../core/errors/entries.js';
import type { RecordedError } from '../../core/execution.js';
import { redactText } from '../../core/log/redact.js';

/** Its remedy; undefined for an error that is not Skep's. What a queue has stored may be of any type. */
export const remedyOf = ({ code, remedy }: RecordedError): string | undefined =>
  typeof remedy === 'string' ? redactText(remedy) : entryOf(code)?.remedy;

/** Lines for a person. */
export function errorLines(error: RecordedError): string[] {
  const entry = entryOf(error.code);
  return [
    redactText(`${error.code}: ${error.message}`),
    ...(entry === undefined
      ? []
      : [`  ${pc.dim('cause ')} ${entry.cause}`, `  ${pc.dim('remedy')} ${remedyOf(error)}`]),
  ];
}

/** Its JSON form. */
export function errorDocument(error: RecordedError): object {
  const cause = entryOf(error.code)?.cause;
  const remedy = remedyOf(error);
  const message = redactText(error.message);
  return { code: error.code, message, ...(cause === undefined ? {} : { cause, remedy }) };
}
