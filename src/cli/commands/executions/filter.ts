// The filters that `executions list`, `replay` and `cancel` share.

import { type Command, InvalidArgumentError } from 'commander';
import { SkepError } from '../../../core/errors/skep-error.js';
import { type ExecutionState, executionStates } from '../../../core/execution.js';
import type { HistoryFilter } from '../../../core/ports/execution-history.js';
import { didYouMean } from '../../../core/suggest.js';
import type { TaskRegistry } from '../../../core/tasks/registry.js';
import { moment } from '../../moment-argument.js';
import { nameList } from '../../option-values.js';
import { say } from '../../terminal/messages.js';

export interface FilterFlags {
  readonly state?: readonly ExecutionState[];
  readonly task?: string;
  readonly queue?: string;
  readonly worker?: string;
  readonly schedule?: string;
  readonly text?: string;
  readonly since?: number;
  readonly until?: number;
}

const longestText = 1_000;

/** Adds the options of {@link FilterFlags}. */
export function addFilters(command: Command): Command {
  return command
    .option('--state <states>', 'only those in one of these states: failed,timed_out', states)
    .option('--task <code>', 'only those of this task')
    .option('--queue <name>', 'only those of this queue')
    .option('--worker <name>', 'only those that this worker ran last (@Tracked tasks)')
    .option('--schedule <name>', 'only those of this schedule (@Tracked tasks)')
    .option(
      '--text <words>',
      'only those with all these words in payload, error or task (@Tracked tasks)',
    )
    .option(
      '--since <time>',
      'only those dispatched at this time or later: ISO 8601, or 2h for two hours ago (@Tracked tasks)',
      moment,
    )
    .option('--until <time>', 'only those dispatched before this time (@Tracked tasks)', moment);
}

/** @throws SkepError `SKEP_USAGE` when it contradicts itself. */
export function readFilter(flags: FilterFlags): HistoryFilter {
  const { state, task, queue, worker, schedule, text, since, until } = flags;
  if (since !== undefined && until !== undefined && since >= until) {
    const message = `--since ${isoText(since)} is not before --until ${isoText(until)}`;
    throw new SkepError('SKEP_USAGE', message, { remedy: 'Give a time before that of --until.' });
  }
  if (text !== undefined && !/[\p{L}\p{N}]/u.test(text)) {
    const remedy = 'Give words of the payload, the error or the task: letters and digits.';
    throw new SkepError('SKEP_USAGE', `--text "${text}" holds no letter or digit to search for`, {
      remedy,
    });
  }
  if (text !== undefined && text.length > longestText) {
    const message = `--text has ${text.length} characters, and ${longestText} are searched for at most`;
    throw new SkepError('SKEP_USAGE', message, { remedy: 'Give the rarest of the words.' });
  }
  return { states: state, task, queue, worker, schedule, text, since, until };
}

/** Whether any filter is given. */
export function isFiltered(filter: HistoryFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** A misspelt task would look like one without executions; one that is gone may well have some. */
export function warnOfUnknownTask({ task }: HistoryFilter, registry: TaskRegistry): void {
  const codes = registry.all.map(({ code }) => code);
  if (task === undefined || codes.includes(task)) return;
  say(`No enabled plugin has a task "${task}"${didYouMean(task, codes)}`);
}

function states(text: string, before: readonly ExecutionState[] = []): ExecutionState[] {
  const given = nameList(text).map((name) => {
    const state = executionStates.find((each) => each === name);
    if (state !== undefined) return state;
    const message = `"${name}" is no state${didYouMean(name, executionStates)}. Allowed choices are ${executionStates.join(', ')}`;
    throw new InvalidArgumentError(message);
  });
  return [...new Set([...before, ...given])];
}

const isoText = (ms: number): string => new Date(ms).toISOString();
