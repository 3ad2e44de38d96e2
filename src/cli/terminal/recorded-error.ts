// An error on record as a command shows it: with cause and remedy where the catalogue of errors has it.
import pc from 'picocolors';
import { type CatalogueEntry, errorCatalogue } from '../../core/errors/catalogue.js';
import type { RecordedError } from '../../core/execution.js';
import { redactText } from '../../core/log/redact.js';

const entryOf = (code: string): CatalogueEntry | undefined =>
  Object.entries(errorCatalogue).find(([known]) => known === code)?.[1];

/** Its remedy; undefined for an error that is not Skep's. */
export const remedyOf = ({ code }: RecordedError): string | undefined => entryOf(code)?.remedy;

/** Lines for a person. */
export function errorLines(error: RecordedError): string[] {
  const entry = entryOf(error.code);
  return [
    redactText(`${error.code}: ${error.message}`),
    ...(entry === undefined
      ? []
      : [`  ${pc.dim('cause ')} ${entry.cause}`, `  ${pc.dim('remedy')} ${entry.remedy}`]),
  ];
}

/** Its JSON form. */
export function errorDocument(error: RecordedError): object {
  const { cause, remedy } = entryOf(error.code) ?? {};
  const message = redactText(error.message);
  return { code: error.code, message, ...(cause === undefined ? {} : { cause, remedy }) };
}
