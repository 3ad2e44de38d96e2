// Executions in a table, and one of them in a line.
import { formatMs } from '../../core/duration.js';
import type { ExecutionView } from '../../core/execution.js';
import { redactText } from '../../core/log/redact.js';
import { durationOf } from './execution.js';
import type { Output } from './output.js';
import { resultText, stateText, timeText } from './states.js';

export function printExecutions(output: Output, rows: readonly ExecutionView[]): void {
  if (rows.length === 0) {
    output.line('No execution.');
    return;
  }
  output.table(rows, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'TASK', value: ({ task }) => task },
    { title: 'STATE', value: ({ state }) => stateText(state) },
    { title: 'ATTEMPT', align: 'right', value: ({ attempt }) => String(attempt) },
    { title: 'DISPATCHED', value: ({ dispatchedAt }) => timeText(dispatchedAt) },
    { title: 'TOOK', align: 'right', value: tookText },
    { title: 'RESULT', value: outcomeText },
  ]);
}

/** What is most worth knowing of an execution, in a line. */
export function executionLine(execution: ExecutionView): string {
  const { id, task, state, attempt, dispatchedAt } = execution;
  const parts = [
    timeText(dispatchedAt),
    id,
    task,
    stateText(state),
    attempt > 1 ? `attempt ${attempt}` : '',
    durationOf(execution) === undefined ? '' : tookText(execution),
    outcomeText(execution),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function tookText(execution: ExecutionView): string {
  const duration = durationOf(execution);
  return duration === undefined ? '-' : formatMs(duration);
}

const outcomeText = ({ error, summary, result, unknownSince }: ExecutionView): string =>
  unknownSince !== undefined
    ? 'waits for a worker that knows the task'
    : cut(redactText(error?.message ?? summary ?? resultText(result)).replaceAll(/\s+/g, ' '));

const cut = (text: string): string => (text.length > 70 ? `${text.slice(0, 69)}…` : text);
