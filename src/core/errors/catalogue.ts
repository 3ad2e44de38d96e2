// The catalogue of errors: every SKEP_* code with what causes it and what a person does about it.
// docs/errors.md is compared with it by a test.
import { bootErrors } from './catalogue/boot.js';
import { dataSourceErrors } from './catalogue/data-source.js';
import { dispatchErrors } from './catalogue/dispatch.js';
import { queueErrors } from './catalogue/queue.js';
import { runErrors } from './catalogue/run.js';

export type { CatalogueEntry, ExitCode } from './catalogue/entry.js';

export const errorCatalogue = {
  ...bootErrors,
  ...dispatchErrors,
  ...runErrors,
  ...dataSourceErrors,
  ...queueErrors,
} as const;

export type ErrorCode = keyof typeof errorCatalogue;
