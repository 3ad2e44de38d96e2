// `skep start`: the runtime, in this process or in several under a supervisor.
import { type Command, Option } from 'commander';
import { SkepError } from '../../core/errors/skep-error.js';
import { withPluginWatch } from '../../core/host/plugin-watch/plugin-watch.js';
import { action, addExamples, type CommandContext } from '../command.js';
import { nameList, wholeNumber } from '../option-values.js';
import { runtime } from '../runtime.js';
import { superviseProcesses } from '../supervisor/command.js';
import { type Part, parts, supervisedOption } from '../supervisor/protocol.js';

interface StartFlags {
  readonly once?: boolean;
  readonly queues?: readonly string[];
  readonly processes?: number;
  readonly supervised?: Part;
}

const mostProcesses = 256;

export function startCommand(command: Command): void {
  addExamples(command, [
    'skep start',
    'skep start --once --json',
    'skep start --config site/plugins.json',
    'skep start --processes 4 --queues default,mail',
  ])
    .option('--once', 'end when the startup tasks are done and the queues are empty')
    .option('--queues <names>', 'consume only these queues: default,mail', nameList)
    .option(
      '--processes <count>',
      'run this many processes under one supervisor, which replaces those that die',
      wholeNumber(1, mostProcesses),
    )
    .addOption(new Option(`${supervisedOption} <part>`).choices(parts).hideHelp())
    .action(action(start));
}

async function start(context: CommandContext, flags: StartFlags): Promise<number> {
  refuseContradictions(flags);
  const { once = false, queues, processes, supervised } = flags;
  return withPluginWatch(async (watch) => {
    const installation = await context.install(watch);
    return processes === undefined
      ? runtime(context, installation, { once, queues, supervised, watch })
      : superviseProcesses(context, installation, { processes, queues });
  });
}

function refuseContradictions({ once, queues, processes }: StartFlags): void {
  if (!once) return;
  if (processes !== undefined) {
    throw new SkepError(
      'SKEP_USAGE',
      '--once and --processes do not go together: --once ends its process, --processes keeps several alive',
      {
        remedy: 'Leave one of the two out.',
      },
    );
  }
  if (queues !== undefined) {
    throw new SkepError(
      'SKEP_USAGE',
      '--once and --queues do not go together: --once waits until all queues are empty, --queues consumes only some',
      {
        remedy: 'Leave one of the two out.',
      },
    );
  }
}
