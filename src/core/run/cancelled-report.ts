// What is recorded of an execution that was cancelled while it waited: no attempt was made for it.
import type { AttemptReport } from '../execution.js';
import { ExecutionCancelled } from './interruptions.js';
import { sumLedgers } from './ledgers.js';
import { recordError } from './recorded-error.js';

/**
 * @param attempt number of the last attempt that was made; 0 before the first.
 * @param worker who cancelled it.
 * @param now milliseconds since 1970 UTC.
 */
export function cancelledReport(attempt: number, worker: string, now: number): AttemptReport {
  const error = recordError(new ExecutionCancelled());
  return { attempt, worker, startedAt: now, finishedAt: now, error, ledger: sumLedgers([]) };
}
