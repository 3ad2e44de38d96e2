// The command line as a whole: its commands, its global options, and suggestions for misspelt words.
import { Command, CommanderError } from 'commander';
import { SkepError } from '../core/errors/skep-error.js';
import { skepVersion } from '../core/version.js';
import { dispatchCommand } from './commands/dispatch.js';
import { doctorCommand } from './commands/doctor.js';
import { executionsCommand } from './commands/executions/index.js';
import { migrateCommand } from './commands/migrate.js';
import { pluginsCommand } from './commands/plugins.js';
import { queuesCommand } from './commands/queues.js';
import { retriesCommand } from './commands/retries.js';
import { runCommand } from './commands/run.js';
import { schedulesCommand } from './commands/schedules/index.js';
import { startCommand } from './commands/start.js';
import { tasksCommand } from './commands/tasks.js';
import { workersCommand } from './commands/workers.js';

/**
 * Builds the command line.
 * @param tell is told, instead of standard error, what is wrong with a command line.
 */
export function createProgram(tell: (text: string) => void): Command {
  const program = new Command('skep')
    .description(
      'A plugin-based task runtime: decorated tasks, scoped data sources, durable queues.',
    )
    .version(skepVersion)
    .option('-c, --config <file>', 'the configuration', 'plugins.json')
    .option('--json', 'one JSON document or JSON lines on standard output', false)
    .option('-v, --verbose', 'log debug lines and print stack traces', false)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Examples:
  $ skep start                     run the runtime until Ctrl-C
  $ skep tasks                     what can be dispatched
  $ skep dispatch TASK --wait      put an execution into the queue and wait for its end
  $ skep COMMAND --help            more about a command

Exit codes: 0 done, 1 the work failed, 2 usage or configuration, 3 a needed service is out of reach,
130 and 143 on a signal. Every error is explained in docs/errors.md.`,
    );
  for (const add of commands) add(program);
  for (const command of everyCommand(program)) {
    command.exitOverride().showSuggestionAfterError().configureOutput({ outputError: tell });
  }
  return program;
}

/** What commander threw, as an error of the catalogue; help and version are no errors and stay as they are. */
export function usageError(error: unknown, told: readonly string[]): unknown {
  if (!(error instanceof CommanderError) || error.exitCode === 0 || told.length === 0) return error;
  const message = told
    .join(' ')
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return new SkepError('SKEP_USAGE', message);
}

const commands = [
  startCommand,
  runCommand,
  dispatchCommand,
  executionsCommand,
  schedulesCommand,
  queuesCommand,
  workersCommand,
  tasksCommand,
  pluginsCommand,
  retriesCommand,
  migrateCommand,
  doctorCommand,
];

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
