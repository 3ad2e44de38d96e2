// `skep queues list|pause|resume`: what waits in the queues, and whether workers may take it.

import type { Command } from 'commander';
import pc from 'picocolors';
import { queueOfLane } from '../../core/dispatch/lanes.js';
import { SkepError } from '../../core/errors/skep-error.js';
import type { Broker, QueueView } from '../../core/ports/broker.js';
import { didYouMean } from '../../core/suggest.js';
import { queuesWithoutTasks, type SkepInstallation } from '../../main.js';
import { action, addCommand, type CommandContext, unknownSubcommand } from '../command.js';
import { say } from '../terminal/messages.js';
import { readBroker, withBroker } from '../with-broker.js';

const subcommands = ['list', 'pause', 'resume'];

export function queuesCommand(group: Command): void {
  group
    .usage('[options] [command]')
    // A word that names no subcommand ends up as this argument; without a description it is not in the help.
    .argument('[command...]', '', (word: string) => {
      throw unknownSubcommand('queues', word, subcommands);
    })
    .action(action((context) => list(context)));
  addCommand(group, 'list', 'List the queues; so does `skep queues` alone', [
    'skep queues',
    'skep queues list --json',
  ]).action(action((context) => list(context)));
  addCommand(group, 'pause <name>', 'Stop all workers from taking executions from a queue', [
    'skep queues pause default',
  ]).action(action((context, name: string) => setPaused(context, name, true)));
  addCommand(group, 'resume <name>', 'Let workers take executions from a paused queue again', [
    'skep queues resume default',
  ]).action(action((context, name: string) => setPaused(context, name, false)));
}

async function list(context: CommandContext): Promise<number> {
  const { output } = context;
  const { installation, found } = await readBroker(context, (broker) => broker.queues());
  const rows = [...found, ...idle(installation, found)].toSorted((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  for (const queue of queuesWithoutTasks(installation)) {
    say(`No task is in a queue of plugins.json: ${queue}`);
  }
  if (output.json) output.document(rows);
  else if (rows.length === 0) output.line('No queue.');
  else
    output.table(rows, [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'WAITING', align: 'right', value: ({ waiting }) => count(waiting) },
      { title: 'DELAYED', align: 'right', value: ({ delayed }) => count(delayed) },
      { title: 'ACTIVE', align: 'right', value: ({ active }) => count(active) },
      { title: 'PAUSED', value: ({ paused }) => (paused ? pc.yellow('yes') : 'no') },
    ]);
  return 0;
}

/** Queues that the broker has nothing to say of. */
const idle = (installation: SkepInstallation, views: readonly QueueView[]): QueueView[] =>
  declared(installation)
    .filter((name) => !views.some((view) => view.name === name))
    .map((name) => ({ name, waiting: 0, delayed: 0, active: 0, paused: false }));

const declared = ({ registry, config }: SkepInstallation): string[] => [
  ...new Set([...registry.queues, ...Object.keys(config.queues)]),
];

const count = (value: number): string => value.toLocaleString('en-US');

async function setPaused(context: CommandContext, name: string, paused: boolean): Promise<number> {
  await withBroker(context, async (broker, installation) => {
    await mustExist(name, broker, installation);
    await (paused ? broker.pause(name) : broker.resume(name));
  });
  if (context.output.json) context.output.document({ name, paused });
  else context.output.line(`${name} is ${paused ? 'paused' : 'resumed'}`);
  return 0;
}

/** A misspelt name would pause a queue that nobody uses. */
async function mustExist(
  name: string,
  broker: Broker,
  installation: SkepInstallation,
): Promise<void> {
  const held = (await broker.queues()).map((view) => queueOfLane(view.name));
  const known = [...new Set([...declared(installation), ...held])];
  if (known.includes(name)) return;
  const queue = queueOfLane(name);
  const hint =
    queue !== name && known.includes(queue)
      ? `; "${name}" is the part of "${queue}" with another priority, and they are paused together`
      : didYouMean(name, known);
  throw new SkepError('SKEP_USAGE', `there is no queue "${name}"${hint}`, {
    remedy: 'See `skep queues` for the names.',
  });
}
