// `skep executions list`: executions, newest first, and with --follow those that come and what becomes of them.

import type { Command } from 'commander';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { ExecutionView } from '../../../core/execution.js';
import { followExecutions } from '../../../core/executions/follow.js';
import { action, addCommand, type CommandContext } from '../../command.js';
import { wholeNumber } from '../../option-values.js';
import { Stopped, watchStopSignals } from '../../stop-signal.js';
import { executionDocument } from '../../terminal/execution.js';
import { executionLine, printExecutions } from '../../terminal/execution-table.js';
import { say } from '../../terminal/messages.js';
import type { Output } from '../../terminal/output.js';
import { withLooking } from '../../with-executions.js';
import { addFilters, type FilterFlags, readFilter, warnOfUnknownTask } from './filter.js';

const tooMuch =
  'Executions change faster than they can be followed: some changes are left out. Follow fewer of them, such as one --task.';

interface ListFlags extends FilterFlags {
  readonly limit: number;
  readonly before?: string;
  readonly follow?: boolean;
  readonly reveal?: boolean;
}

export function listCommand(group: Command): void {
  addFilters(
    addCommand(group, 'list', 'List executions, newest first', [
      'skep executions list',
      'skep executions list --state failed,timed_out --since 2h --limit 50',
      'skep executions list --task sync_attendance --json',
      'skep executions list --text "ECONNREFUSED 10.0.0.7"',
      'skep executions list --schedule nightly --follow',
    ]),
  )
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 20)
    .option('--before <id>', 'only those older than this one: the next page')
    .option('--follow', 'then print new ones and changes of state as they come, until Ctrl-C')
    .option('--reveal', 'with --json: show the values of passwords, tokens and other secret fields')
    .action(action(list));
}

function list(context: CommandContext, flags: ListFlags): Promise<number> {
  const filter = readFilter(flags);
  const { limit, before, follow = false } = flags;
  const { output } = context;
  // The table shows no payloads, and of a long result not much.
  const brief = !output.json;
  if (follow && (before !== undefined || flags.until !== undefined)) {
    const message =
      '--follow prints executions as they come, and --before and --until ask for older ones only';
    throw new SkepError('SKEP_USAGE', message, { remedy: 'Leave one of them out.' });
  }
  return withLooking(context, async (executions, { installation }) => {
    warnOfUnknownTask(filter, installation.registry);
    if (!follow) {
      const rows = await executions.list({ ...filter, limit, before, brief });
      if (output.json) for (const row of rows) output.document(executionDocument(row, flags));
      else printExecutions(output, rows);
      return 0;
    }
    const stop = watchStopSignals();
    try {
      const { signal } = stop;
      const following = { filter, first: limit, signal, onMissed: warnOnce(), brief };
      for await (const execution of followExecutions(executions, following)) {
        tell(output, execution, flags);
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    // To be ended is how following ends well.
    return 0;
  });
}

function warnOnce(): () => void {
  let isTold = false;
  return () => {
    if (!isTold) say(tooMuch);
    isTold = true;
  };
}

function tell(output: Output, execution: ExecutionView, flags: ListFlags): void {
  if (output.json) output.document(executionDocument(execution, flags));
  else output.line(executionLine(execution));
}
