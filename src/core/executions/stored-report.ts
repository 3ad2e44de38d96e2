// A report as a queue has stored it, read back: whoever may have written into the queue, one damaged report does not end a
// list of executions.
import type { AttemptReport } from '../execution.js';

const isNumber = (value: unknown): boolean => typeof value === 'number';
const isText = (value: unknown): boolean => typeof value === 'string';

/** Whether an object has these fields. */
const has =
  (fields: readonly string[], isSound: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    fields.every((field) => isSound(Reflect.get(value, field)));

const checks: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['attempt', isNumber],
  ['worker', isText],
  ['startedAt', isNumber],
  ['finishedAt', isNumber],
  ['summary', isText],
  ['error', has(['code', 'message'], isText)],
  ['ledger', has(['opened', 'closed', 'killed', 'leaked'], isNumber)],
]);

/** The fields of a report that are what they should be; those that this version does not know stay as they are. */
export function storedReport(report: object): Partial<AttemptReport> {
  const sound = Object.entries(report).filter(([key, value]) => checks.get(key)?.(value) ?? true);
  // Every field of the type has been checked, but for the result, which may be any JSON.
  return Object.fromEntries(sound) as Partial<AttemptReport>;
}
