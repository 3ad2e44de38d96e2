// `skep executions list|show|cancel`: what is in the queue and what became of it.
import { type Command, Option } from 'commander';
import { formatMs } from '../../core/duration.js';
import { SkepError } from '../../core/errors/skep-error.js';
import { type ExecutionState, type ExecutionView, executionStates } from '../../core/execution.js';
import { action, addCommand, type CommandContext } from '../command.js';
import { wholeNumber } from '../option-values.js';
import { durationOf, executionDocument, printExecution } from '../terminal/execution.js';
import { resultText, stateText, timeText } from '../terminal/states.js';
import { withBroker } from '../with-broker.js';
import { cancel } from './cancel-execution.js';

interface ListFlags {
  readonly state?: ExecutionState;
  readonly task?: string;
  readonly limit: number;
  readonly before?: string;
}

export function executionsCommand(program: Command): void {
  const group = program.command('executions').description('Look at executions, cancel them');
  addCommand(group, 'list', 'List executions, newest first', [
    'skep executions list',
    'skep executions list --state failed --limit 50',
    'skep executions list --task sync_attendance --json',
  ])
    .addOption(new Option('--state <state>', 'only those in this state').choices(executionStates))
    .option('--task <code>', 'only those of this task')
    .option('--limit <count>', 'at most this many', wholeNumber(1), 20)
    .option('--before <id>', 'only those older than this one, to page on')
    .action(action(list));
  addCommand(group, 'show <id>', 'Show one execution', [
    'skep executions show 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10',
  ]).action(action(show));
  addCommand(
    group,
    'cancel <id>',
    'Cancel an execution: what waits never runs, what runs is ended',
    [
      'skep executions cancel 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10',
      'skep executions cancel 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10 --wait --json',
    ],
  )
    .option('--wait', 'wait until it has ended; exits 1 unless it was cancelled')
    .action(action(cancel));
}

async function list(context: CommandContext, flags: ListFlags): Promise<number> {
  const { limit, ...filters } = flags;
  const { output } = context;
  const rows = await withBroker(context, async (broker, { registry }) => {
    // A misspelt task would look like one without executions; one that is gone may well have some.
    if (flags.task !== undefined && !registry.all.some(({ code }) => code === flags.task)) {
      process.stderr.write(`No enabled plugin has a task "${flags.task}".\n`);
    }
    return broker.list({ ...pick(filters), limit });
  });
  if (output.json) for (const row of rows) output.document(executionDocument(row));
  else if (rows.length === 0) output.line('No execution.');
  else
    output.table(rows, [
      { title: 'ID', value: ({ id }) => id },
      { title: 'TASK', value: ({ task }) => task },
      { title: 'STATE', value: ({ state }) => stateText(state) },
      { title: 'ATTEMPT', align: 'right', value: ({ attempt }) => String(attempt) },
      { title: 'DISPATCHED', value: ({ dispatchedAt }) => timeText(dispatchedAt) },
      { title: 'TOOK', align: 'right', value: tookText },
      { title: 'RESULT', value: ({ error, result }) => cut(error?.message ?? resultText(result)) },
    ]);
  return 0;
}

async function show(context: CommandContext, id: string): Promise<number> {
  const execution = await withBroker(context, (broker) => broker.find(id));
  if (!execution) throw new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);
  if (context.output.json) context.output.document(executionDocument(execution));
  else printExecution(context.output, execution);
  return 0;
}

function pick(flags: Omit<ListFlags, 'limit'>) {
  return {
    ...(flags.state === undefined ? {} : { state: flags.state }),
    ...(flags.task === undefined ? {} : { task: flags.task }),
    ...(flags.before === undefined ? {} : { before: flags.before }),
  };
}

function tookText(execution: ExecutionView): string {
  const duration = durationOf(execution);
  return duration === undefined ? '-' : formatMs(duration);
}

const cut = (text: string): string => (text.length > 70 ? `${text.slice(0, 69)}…` : text);
