// `skep schedules list|next|pause|resume|run`: what is scheduled, and the hand that a person has in it.
import type { Command } from 'commander';
import { type Schedule, zonedTime } from '../../../plugins/scheduler/index.js';
import { action, addCommand, type CommandContext, unknownSubcommand } from '../../command.js';
import { wholeNumber } from '../../option-values.js';
import { list, scheduleDocument } from './list.js';
import { type NextFlags, next } from './next.js';
import { withSchedules } from './with-schedules.js';

const subcommands = ['list', 'next', 'pause', 'resume', 'run'];
const mostTimes = 1_000;

export function schedulesCommand(group: Command): void {
  group
    .usage('[options] [command]')
    // A word that names no subcommand ends up as this argument; without a description it is not in the help.
    .argument('[command...]', '', (word: string) => {
      throw unknownSubcommand('schedules', word, subcommands);
    })
    .action(action((context) => list(context)));
  addCommand(group, 'list', 'List the schedules; so does `skep schedules` alone', [
    'skep schedules',
    'skep schedules list --json',
  ]).action(action((context) => list(context)));
  addCommand(group, 'next [name]', 'Print when a schedule is due next, or what a pattern means', [
    'skep schedules next hris_nightly --count 5',
    "skep schedules next --cron '0 2 * * *' --tz Asia/Dubai --from 2026-03-28T00:00:00Z --count 10",
  ])
    .option('--count <count>', 'how many times to print', wholeNumber(1, mostTimes), 5)
    .option(
      '--cron <pattern>',
      'a pattern to try: five or six fields, or a name such as @daily; needs no database',
    )
    .option('--tz <zone>', 'with --cron: the time zone; UTC when absent')
    .option('--from <time>', 'the times after this one, ISO 8601; now when absent')
    .action(
      action((context, name: string | undefined, flags: NextFlags) => next(context, name, flags)),
    );
  addCommand(group, 'pause <name>', 'Stop a schedule from firing until it is resumed', [
    'skep schedules pause hris_nightly',
  ]).action(action((context, name: string) => pause(context, name)));
  addCommand(group, 'resume <name>', 'Let a paused schedule fire again, from its next time on', [
    'skep schedules resume hris_nightly',
  ]).action(action((context, name: string) => resume(context, name)));
  addCommand(group, 'run <name>', 'Dispatch the task of a schedule now, with its payload', [
    'skep schedules run hris_nightly',
    'skep schedules run hris_nightly --json',
  ]).action(action((context, name: string) => run(context, name)));
}

async function pause(context: CommandContext, name: string): Promise<number> {
  const paused = await withSchedules(context, name, (schedules) => schedules.pause(name));
  tell(context, paused, `${name} is paused`);
  return 0;
}

async function resume(context: CommandContext, name: string): Promise<number> {
  const resumed = await withSchedules(context, name, (schedules) => schedules.resume(name));
  const { nextFireAt, zone } = resumed;
  const when =
    nextFireAt === undefined ? 'and never due again' : `next ${zonedTime(nextFireAt, zone)}`;
  tell(context, resumed, `${name} is resumed, ${when}`);
  return 0;
}

function tell({ output }: CommandContext, schedule: Schedule, line: string): void {
  if (output.json) output.document(scheduleDocument(schedule));
  else output.line(line);
}

async function run(context: CommandContext, name: string): Promise<number> {
  const { id, task } = await withSchedules(context, name, (schedules) =>
    schedules.run(name, 'skep schedules run'),
  );
  if (context.output.json) context.output.document({ id, task, schedule: name });
  else context.output.line(id);
  return 0;
}
