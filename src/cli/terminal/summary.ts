// The summary of the startup executions: a table for a person, a document with --json.
import { formatMs } from '../../core/duration.js';
import type { ExecutionView } from '../../core/execution.js';
import type { JsonValue } from '../../core/json.js';
import { printable } from '../../core/log/printable.js';
import { redact, redactText } from '../../core/log/redact.js';
import { durationOf, executionDocument } from './execution.js';
import type { Output } from './output.js';
import { resultText, stateText } from './states.js';

/** Prints what the startup executions came to; codes without an execution were not dispatched. */
export function printSummary(
  output: Output,
  codes: readonly string[],
  executions: readonly ExecutionView[],
): void {
  if (output.json) {
    output.document({
      summary: executions.map((execution) => executionDocument(execution)),
      notDispatched: codes.slice(executions.length),
    });
    return;
  }
  const rows = codes.map((code, index) => ({ code, execution: executions[index] }));
  output.line();
  output.table(rows, [
    { title: 'TASK', value: ({ code }) => code },
    {
      title: 'STATE',
      value: ({ execution }) => (execution ? stateText(execution.state) : 'not dispatched'),
    },
    {
      title: 'ATTEMPT',
      align: 'right',
      value: ({ execution }) => String(execution?.attempt ?? '-'),
    },
    { title: 'TOOK', align: 'right', value: ({ execution }) => tookText(execution) },
    { title: 'RESULT', value: ({ execution }) => outcomeText(execution) },
  ]);
  output.line();
}

function tookText(execution: ExecutionView | undefined): string {
  const duration = execution && durationOf(execution);
  return duration === undefined ? '-' : formatMs(duration);
}

function outcomeText(execution: ExecutionView | undefined): string {
  if (!execution) return 'the task before it did not succeed';
  const { task, result, error } = execution;
  if (!error) return printable(resultText(redact(result, { task }) as JsonValue));
  return printable(redactText(`${error.code}: ${error.message}`));
}
