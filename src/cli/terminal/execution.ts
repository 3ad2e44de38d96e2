// One execution for a person, and as JSON.
import { formatMs } from '../../core/duration.js';
import type { ExecutionView } from '../../core/execution.js';
import type { Output } from './output.js';
import { stateText, timeText } from './states.js';

const isoTime = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

/** How long the latest attempt took, or undefined while none has ended. */
export function durationOf({ startedAt, finishedAt }: ExecutionView): number | undefined {
  return startedAt === undefined || finishedAt === undefined ? undefined : finishedAt - startedAt;
}

/** The JSON form of an execution; times are ISO 8601. */
export function executionDocument(execution: ExecutionView): object {
  const { dispatchedAt, availableAt, startedAt, finishedAt, error, ...rest } = execution;
  return {
    ...rest,
    dispatchedAt: isoTime(dispatchedAt),
    availableAt: isoTime(availableAt),
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    durationMs: durationOf(execution) ?? null,
    ...(error ? { error: { code: error.code, message: error.message } } : {}),
  };
}

/** Prints an execution, a fact a line. */
export function printExecution(output: Output, execution: ExecutionView): void {
  const duration = durationOf(execution);
  const facts: [string, string | undefined][] = [
    ['id', execution.id],
    ['task', execution.task],
    ['state', stateText(execution.state)],
    ['queue', execution.queue],
    ['attempt', String(execution.attempt)],
    ['crashes', execution.crashes > 0 ? String(execution.crashes) : undefined],
    ['triggered by', execution.triggeredBy],
    ['dispatched', timeText(execution.dispatchedAt)],
    [
      'not before',
      execution.availableAt > execution.dispatchedAt ? timeText(execution.availableAt) : undefined,
    ],
    ['started', execution.startedAt === undefined ? undefined : timeText(execution.startedAt)],
    ['finished', execution.finishedAt === undefined ? undefined : timeText(execution.finishedAt)],
    ['took', duration === undefined ? undefined : formatMs(duration)],
    ['worker', execution.worker],
    ['payload', execution.payload === null ? undefined : JSON.stringify(execution.payload)],
    ['result', execution.result === undefined ? undefined : JSON.stringify(execution.result)],
    ['error', execution.error && `${execution.error.code}: ${execution.error.message}`],
    ['connections', execution.ledger && connections(execution.ledger)],
  ];
  for (const [name, value] of facts) {
    if (value !== undefined) output.line(`${name.padEnd(13)}${value}`);
  }
}

const connections = (ledger: NonNullable<ExecutionView['ledger']>): string =>
  `${ledger.opened} opened, ${ledger.closed} closed, ${ledger.killed} killed, ${ledger.leaked} leaked`;
