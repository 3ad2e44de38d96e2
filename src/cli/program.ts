// The command line as a whole: its commands, its global options, and suggestions for misspelt words.
import { Command, CommanderError } from 'commander';
import { SkepError } from '../core/errors/skep-error.js';
import { skepVersion } from '../core/version.js';
import { commands } from './commands/index.js';

/**
 * Builds the command line. Of the commands, only the one that `args` ask for is imported; the others have a name and a
 * description, which is what the help and the suggestions for misspelt words need.
 * @param args what was typed after `skep`
 * @param onError is given, instead of standard error, what is wrong with the command line
 */
export async function createProgram(
  args: readonly string[],
  onError: (text: string) => void,
): Promise<Command> {
  const program = new Command('skep')
    .description(
      'A plugin-based task runtime: decorated tasks, scoped data sources, durable queues.',
    )
    .version(skepVersion)
    .option('-c, --config <file>', 'the configuration file', 'plugins.json')
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
128 + its number on a signal (SIGHUP 129, Ctrl-C 130, SIGQUIT 131, SIGTERM 143). Every error is explained in docs/errors.md.`,
    );
  const [wanted] = commandWords(args);
  for (const { usage, description, load } of commands) {
    const command = program.command(usage).description(description);
    if (command.name() === wanted) (await load())(command);
  }
  for (const command of everyCommand(program)) {
    command.exitOverride().showSuggestionAfterError().configureOutput({ outputError: onError });
  }
  return program;
}

/** What commander threw, as an error of the catalogue; help and version are no errors and stay as they are. */
export function usageError(
  error: unknown,
  complaints: readonly string[],
  args: readonly string[],
  program: Command | undefined,
): unknown {
  if (!(error instanceof CommanderError) || error.exitCode === 0 || complaints.length === 0)
    return error;
  const message = complaints
    .join(' ')
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return new SkepError('SKEP_USAGE', message, {
    remedy: `See \`${namedCommand(program, args)} --help\`.`,
  });
}

/** The command that the words name, as far as they name one: `skep executions list`. */
function namedCommand(program: Command | undefined, args: readonly string[]): string {
  let command = program;
  const names = ['skep'];
  for (const word of commandWords(args)) {
    command = command?.commands.find((each) => each.name() === word);
    if (command === undefined) break;
    names.push(word);
  }
  return names.join(' ');
}

/** The words that are neither an option nor the value of `--config`; `help` stands for those after it. */
function commandWords(args: readonly string[]): string[] {
  const words = args.filter(
    (word, index) => !word.startsWith('-') && !/^(-\w*c|--config)$/.test(args[index - 1] ?? ''),
  );
  return words[0] === 'help' ? words.slice(1) : words;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
