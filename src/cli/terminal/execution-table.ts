// Executions in a table, and one of them in a line.
import { formatMs } from '../../core/duration.js';
import type { ExecutionView } from '../../core/execution.js';
import type { JsonValue } from '../../core/json.js';
import { printable, printableDeep } from '../../core/log/printable.js';
import { redact, redactText } from '../../core/log/redact.js';
import { durationOf } from './execution.js';
import type { Output } from './output.js';
import { resultText, stateText, timeText } from './states.js';

export function printExecutions(output: Output, executions: readonly ExecutionView[]): void {
  const rows = executions.map(printableDeep);
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
  const { id, task, state, attempt, dispatchedAt } = printableDeep(execution);
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

/** Masked by field before a line is made of it: in a line, a name and its value are no longer told apart. */
function outcomeText({ task, error, summary, result, unknownSince }: ExecutionView): string {
  if (unknownSince !== undefined) return 'waits for a worker that knows the task';
  const text = error?.message ?? summary ?? resultText(redact(result, { task }) as JsonValue);
  return cut(printable(redactText(text).replaceAll(/\s+/g, ' ')));
}

const graphemes = new Intl.Segmenter();
const longest = 70;

/** By what a reader takes for a character: a letter with its marks, a family of emoji. */
function cut(text: string): string {
  if (text.length <= longest) return text;
  const shown: string[] = [];
  for (const { segment } of graphemes.segment(text.slice(0, longest * 8))) {
    if (shown.length === longest) return `${shown.slice(0, -1).join('')}…`;
    shown.push(segment);
  }
  return text.length > longest * 8 ? `${shown.join('')}…` : shown.join('');
}
