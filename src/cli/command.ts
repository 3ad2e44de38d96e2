// What every command shares: its global options, its logger, and the way it ends.
import type { Command } from 'commander';
import { SkepError } from '../core/errors/skep-error.js';
import type { PluginWatch } from '../core/host/plugin-watch/plugin-watch.js';
import { createLogger, type ProcessLogger } from '../core/log/winston-logger.js';
import { didYouMean } from '../core/suggest.js';
import { load, type SkepInstallation } from '../main.js';
import { PluginGuard } from './plugin-guard.js';
import { reportFailure } from './terminal/failure.js';
import { Output } from './terminal/output.js';

export interface GlobalOptions {
  readonly config: string;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** What a command works with. */
export interface CommandContext {
  readonly options: GlobalOptions;
  readonly output: Output;
  /** Loads plugins.json, the plugins and the tasks. */
  install(watch?: PluginWatch): Promise<SkepInstallation>;
  /** The process's logger, flushed when the command ends. */
  logger(installation: SkepInstallation, stream?: NodeJS.WritableStream): ProcessLogger;
}

/** A command's work; resolves with its exit code. */
export type CommandAction<A extends unknown[]> = (
  context: CommandContext,
  ...args: A
) => Promise<number>;

/** Adds a subcommand with examples. */
export function addCommand(
  parent: Command,
  nameAndArguments: string,
  description: string,
  examples: readonly string[],
): Command {
  return addExamples(parent.command(nameAndArguments).description(description), examples);
}

/** Adds examples to the help of a command. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  const shown = examples.map((example) => `  $ ${example}`).join('\n');
  return command.addHelpText('after', `\nExamples:\n${shown}`);
}

/** The error for a word that names no subcommand of a group. */
export function unknownSubcommand(
  group: string,
  word: string,
  known: readonly string[],
): SkepError {
  const message = `there is no command "skep ${group} ${word}"${didYouMean(word, known)}`;
  return new SkepError('SKEP_USAGE', message, { remedy: `See \`skep ${group} --help\`.` });
}

/** Wraps the work of a command for commander: context in, exit code out, failures reported. */
export function action<A extends unknown[]>(work: CommandAction<A>) {
  return async (...args: [...A, Command]): Promise<void> => {
    const command = args.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const loggers: ProcessLogger[] = [];
    const guard = new PluginGuard((error) => reportFailure(error, options));
    const context = createContext(options, loggers, guard);
    // Without it Node would end a process that only waits for a promise, silently and with a code of its own.
    const alive = setInterval(() => undefined, 2 ** 30);
    let exitCode: number;
    try {
      const worked = work(context, ...(args.slice(0, -1) as unknown as A));
      exitCode = await Promise.race([worked, guard.failed]);
    } catch (error) {
      await closeAll(loggers).catch(() => undefined);
      exitCode = reportFailure(error, options);
    }
    try {
      await closeAll(loggers);
      // Code of a run that was left behind may hold timers and sockets; it does not hold the process.
      await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    } finally {
      clearInterval(alive);
      guard.stop();
      process.exit(exitCode);
    }
  };
}

async function closeAll(loggers: ProcessLogger[]): Promise<void> {
  await Promise.all(loggers.splice(0).map((logger) => logger.close()));
}

const flushed = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

function createContext(
  options: GlobalOptions,
  loggers: ProcessLogger[],
  guard: PluginGuard,
): CommandContext {
  return {
    options,
    output: new Output(options.json),
    install: (watch) =>
      guard.during((importModule) =>
        load({
          configFile: options.config,
          variables: process.env,
          cwd: process.cwd(),
          importModule,
          watch,
        }),
      ),
    logger({ config }, stream = process.stderr) {
      const { level, format } = config.log;
      const pretty = format === 'auto' ? process.stderr.isTTY === true : format === 'pretty';
      const logger = createLogger({
        level: options.verbose ? 'debug' : level,
        format: pretty ? 'pretty' : 'json',
        stream,
        colour: process.stderr.isTTY === true,
      });
      loggers.push(logger);
      return logger;
    },
  };
}
