// `skep start --processes N`: a supervisor over N processes of this very command.
import { SkepError } from '../../core/errors/skep-error.js';
import { closeRuntime, compose, type SkepInstallation, shutdownGraceMs } from '../../main.js';
import type { CommandContext } from '../command.js';
import { endWithLauncher } from '../launcher-watch.js';
import { watchStopSignals } from '../stop-signal.js';
import { defaultBackOff } from './back-off.js';
import { childArguments, spawnChild } from './child-process.js';
import { Supervisor } from './supervisor.js';

interface SuperviseOptions {
  readonly processes: number;
  readonly queues: readonly string[] | undefined;
}

/** Beside the grace period: time for aborting runs, and for plugins and data sources to close. */
const closingMs = 60_000;

/** The work of the command. */
export async function superviseProcesses(
  context: CommandContext,
  installation: SkepInstallation,
  { processes, queues }: SuperviseOptions,
): Promise<number> {
  const logger = context.logger(installation);
  const parts = compose({ installation, logger, queues });
  const { name, shared } = parts.broker;
  await closeRuntime(parts);
  if (!shared) {
    throw new SkepError('SKEP_USAGE', `the ${name} queue serves one process`, {
      place: '--processes',
      remedy: 'Set REDIS_URL, or leave --processes out.',
    });
  }
  const [, script = '', ...argv] = process.argv;
  const supervisor = new Supervisor({
    processes,
    spawn: (part) => spawnChild([...process.execArgv, script, ...childArguments(argv, part)]),
    logger,
    now: () => performance.now(),
    backOff: defaultBackOff,
    patienceMs: shutdownGraceMs(installation) + closingMs,
  });
  const stop = watchStopSignals(() => supervisor.kill());
  endWithLauncher(stop, logger);
  supervisor.start();
  if (!context.output.json) {
    context.output.line(`Supervising ${processes} processes. Ctrl-C stops.`);
  }
  const { signal = 'SIGTERM' } = await stop.stopped;
  return supervisor.stop(signal);
}
