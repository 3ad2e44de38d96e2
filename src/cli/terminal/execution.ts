// One execution for a person, and as JSON.
import { formatMs } from '../../core/duration.js';
import type { AttemptRecord, ExecutionDetails, ExecutionView } from '../../core/execution.js';
import type { JsonValue } from '../../core/json.js';
import { printableDeep, printableJson } from '../../core/log/printable.js';
import { redact, redactText } from '../../core/log/redact.js';
import { indented } from './messages.js';
import type { Output } from './output.js';
import { errorDocument, remedyOf } from './recorded-error.js';
import { isoTime, stateText, timeText } from './states.js';

export interface ShownExecution {
  /** Fields of payload and result with secret names as they are. */
  readonly reveal?: boolean;
}

/** How long the latest attempt took, or undefined while none has ended. */
export function durationOf({ startedAt, finishedAt }: ExecutionView): number | undefined {
  return startedAt === undefined || finishedAt === undefined ? undefined : finishedAt - startedAt;
}

/** The JSON form of an execution; times are ISO 8601. */
export function executionDocument(
  execution: ExecutionView | ExecutionDetails,
  { reveal = false }: ShownExecution = {},
): object {
  const { dispatchedAt, availableAt, startedAt, finishedAt, error, ...rest } = execution;
  const { payload, result, scheduledFor, nextAttemptAt, unknownSince, ...plain } = rest;
  const { task } = execution;
  const shown = (value: JsonValue): unknown => (reveal ? value : redact(value, { task }));
  return {
    ...plain,
    ...(plain.summary === undefined ? {} : { summary: redactText(plain.summary) }),
    payload: shown(payload),
    ...(result === undefined ? {} : { result: shown(result) }),
    dispatchedAt: isoTime(dispatchedAt),
    availableAt: isoTime(availableAt),
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    durationMs: durationOf(execution) ?? null,
    ...(unknownSince === undefined ? {} : { unknownSince: isoTime(unknownSince) }),
    ...(scheduledFor === undefined ? {} : { scheduledFor: isoTime(scheduledFor) }),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: isoTime(nextAttemptAt) }),
    ...(error ? { error: errorDocument(error) } : {}),
    ...('attempts' in execution ? { attempts: execution.attempts.map(attemptDocument) } : {}),
  };
}

function attemptDocument(attempt: AttemptRecord): object {
  const { startedAt, finishedAt, error, ...rest } = attempt;
  return {
    ...rest,
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    durationMs: finishedAt === undefined ? null : finishedAt - startedAt,
    ...(error ? { error: { ...error, message: redactText(error.message) } } : {}),
  };
}

/** Prints an execution, a fact a line, and then its attempts. */
export function printExecution(
  output: Output,
  shown: ExecutionView | ExecutionDetails,
  { reveal = false }: ShownExecution = {},
): void {
  const execution = printableDeep(shown);
  const duration = durationOf(execution);
  const { error, ledger } = execution;
  const json = (value: JsonValue | undefined): string | undefined =>
    value === undefined || value === null
      ? undefined
      : printableJson(reveal ? value : redact(value, { task: shown.task }));
  const time = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : timeText(ms);
  const facts: [string, string | undefined][] = [
    ['id', execution.id],
    ['task', execution.task],
    ['state', stateText(execution.state)],
    [
      'waits',
      execution.unknownSince === undefined
        ? undefined
        : `for a worker that knows the task, since ${timeText(execution.unknownSince)}`,
    ],
    ['queue', execution.queue],
    ['attempt', String(execution.attempt)],
    ['crashes', execution.crashes > 0 ? String(execution.crashes) : undefined],
    ['triggered by', execution.triggeredBy],
    ['for user', execution.userId],
    ['schedule', execution.schedule],
    ['scheduled for', time(execution.scheduledFor)],
    ['parent', execution.parent],
    ['replay of', execution.replayOf],
    ['dispatched', timeText(execution.dispatchedAt)],
    [
      'not before',
      execution.availableAt > execution.dispatchedAt ? timeText(execution.availableAt) : undefined,
    ],
    ['next attempt', time(execution.nextAttemptAt)],
    ['started', time(execution.startedAt)],
    ['finished', time(execution.finishedAt)],
    ['took', duration === undefined ? undefined : formatMs(duration)],
    ['worker', execution.worker],
    ['payload', json(shown.payload)],
    ['result', json(shown.result)],
    ['summary', execution.summary && redactText(execution.summary)],
    ['error', error && redactText(`${error.code}: ${error.message}`)],
    ['remedy', error && remedyOf(error)],
    ['connections', ledger && connections(ledger)],
    ['in the logs', `executionId ${execution.id}`],
  ];
  for (const [name, value] of facts) {
    if (value !== undefined) output.line(`${name.padEnd(15)}${indented(value, ' '.repeat(15))}`);
  }
  if ('attempts' in execution && execution.attempts.length > 0) {
    output.line();
    printAttempts(output, execution.attempts);
  }
}

function printAttempts(output: Output, attempts: readonly AttemptRecord[]): void {
  output.table(attempts, [
    { title: 'ATTEMPT', align: 'right', value: ({ attempt }) => String(attempt) },
    { title: 'OUTCOME', value: ({ outcome }) => outcomeText(outcome) },
    { title: 'STARTED', value: ({ startedAt }) => timeText(startedAt) },
    {
      title: 'TOOK',
      align: 'right',
      value: ({ startedAt, finishedAt }) =>
        finishedAt === undefined ? '-' : formatMs(finishedAt - startedAt),
    },
    { title: 'WORKER', value: ({ worker }) => worker },
    { title: 'CONNECTIONS', value: ({ ledger }) => (ledger ? connections(ledger) : '') },
    {
      title: 'ERROR',
      value: ({ error }) => (error ? redactText(`${error.code}: ${error.message}`) : ''),
    },
  ]);
}

/** Two outcomes of attempts are no states. */
const outcomeText = (outcome: AttemptRecord['outcome']): string =>
  outcome === 'returned' || outcome === 'crashed' ? outcome : stateText(outcome);

const connections = (ledger: NonNullable<ExecutionView['ledger']>): string =>
  `${ledger.opened} opened, ${ledger.closed} closed, ${ledger.killed} killed, ${ledger.leaked} leaked`;
