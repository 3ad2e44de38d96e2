// One process of the runtime: opens everything, dispatches the startup tasks, serves until it is to stop, drains.
import { sizeBytes } from '../core/config/config-schema.js';
import { prepareDataDir } from '../core/config/data-dir.js';
import type { ExecutionView } from '../core/execution.js';
import type { PluginWatch } from '../core/host/plugin-watch/plugin-watch.js';
import type { Logger } from '../core/log/logger.js';
import { surviveStrayErrors } from '../core/log/stray-errors.js';
import type { DrainReport } from '../core/run/worker.js';
import {
  type Composition,
  closeRuntime,
  compose,
  mariaOfOneMachine,
  missingSourcesOfTasks,
  openRuntime,
  placesOf,
  queuesWithoutTasks,
  type SkepInstallation,
  shutdownGraceMs,
  startBackground,
  tasksNobodySchedules,
} from '../main.js';
import type { CommandContext } from './command.js';
import { endWithLauncher } from './launcher-watch.js';
import { Stopped, type StopWatch, watchStopSignals } from './stop-signal.js';
import { type Part, recycledExitCode } from './supervisor/protocol.js';
import { endWithSupervisor, tellSupervisor } from './supervisor/supervised.js';
import { Wear } from './supervisor/wear.js';
import { ProgressLog } from './terminal/progress-log.js';
import { StatusLine } from './terminal/status-line.js';
import { printSummary } from './terminal/summary.js';

export interface RuntimeOptions {
  /** Ends when the queues are empty. */
  readonly once: boolean;
  /** The only queues to consume. */
  readonly queues: readonly string[] | undefined;
  /** What it is to its supervisor; undefined without one. */
  readonly supervised: Part | undefined;
  /** Watches for plugins that block the main thread. */
  readonly watch: PluginWatch;
}

/** Runs the runtime; resolves with the exit code of the process. */
export async function runtime(
  context: CommandContext,
  installation: SkepInstallation,
  options: RuntimeOptions,
): Promise<number> {
  const { queues, supervised } = options;
  prepareDataDir(installation.dataDir);
  // Several processes would draw over each other.
  const line = process.stderr.isTTY && supervised === undefined ? new StatusLine() : undefined;
  const logger = context.logger(installation, line?.logStream());
  const stop = watchStopSignals();
  const wear = wearOf(installation, supervised, stop, logger);
  const observers = [line ?? new ProgressLog(logger), ...(wear ? [wear] : [])];
  const parts = compose({ installation, logger, observers, queues, watch: options.watch });
  surviveStrayErrors(logger);
  if (supervised === undefined) endWithLauncher(stop, logger);
  else endWithSupervisor(stop, logger);
  try {
    await openRuntime(parts, { signal: stop.signal, consumes: true });
    await parts.worker.start();
    await startBackground(parts);
  } catch (error) {
    await parts.worker.drain(0);
    await closeRuntime(parts);
    if (error instanceof Stopped) return error.exitCode;
    throw error;
  }
  logger.info('ready', {
    queues: parts.worker.queues.map(({ name }) => name),
    tasks: installation.registry.all.length,
    // Under a supervisor each process would say the same.
    ...(supervised === 'other' ? {} : placesOf(installation)),
  });
  if (supervised !== 'other') {
    warnOfMissingSources(installation, logger);
    warnOfUnusedQueues(installation, logger);
    const { message, remedy } = mariaOfOneMachine(installation) ?? {};
    if (message !== undefined) logger.warn(message, { remedy });
  }
  if (!options.once && supervised !== 'other') warnOfOddities(installation, logger);
  let exitCode = 0;
  let unsettled = false;
  try {
    exitCode = await serve(context, parts, options, stop.signal);
    // Not earlier: a replacement does not go on with the startup tasks.
    wear?.start();
    if (!options.once) {
      await parts.roles.serve();
      await stop.stopped;
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    wear?.stop();
    // However it got here, a runtime gives its runs the grace period.
    const { finished: endedInGrace, ...others } = await drain(parts);
    await closeRuntime(parts);
    // Ended as in the table of `skep workers`: since the process began. The others are of the stop alone.
    logger.info('stopped', { ended: parts.worker.finished, endedInGrace, ...others });
    unsettled = others.unsettled > 0;
    if (unsettled) exitCode = 1;
  }
  // While it serves, why it was stopped is how it ends; that a startup task failed was told long before.
  return stop.signal.aborted && !unsettled ? (await stop.stopped).exitCode : exitCode;
}

/** After the plugins have started: `sample-site` makes samples of what is missing. */
function warnOfMissingSources(installation: SkepInstallation, logger: Logger): void {
  for (const { source, variable, tasks } of missingSourcesOfTasks(installation)) {
    logger.warn(
      `tasks inject the data source ${source}, which is nowhere: set ${variable}, or enable skep/plugins/sample-site`,
      { source, tasks },
    );
  }
}

/** Of what is no mistake and hardly meant. */
function warnOfOddities(installation: SkepInstallation, logger: Logger): void {
  const tasks = tasksNobodySchedules(installation);
  if (tasks.length > 0) {
    logger.warn(
      'tasks have schedules that nothing runs: enable skep/plugins/scheduler and skep/plugins/tracking',
      { tasks },
    );
  }
}

function warnOfUnusedQueues(installation: SkepInstallation, logger: Logger): void {
  const queues = queuesWithoutTasks(installation);
  if (queues.length > 0) logger.warn('no task is in some queues of plugins.json', { queues });
}

/** The startup tasks, each after the one before has succeeded; then, with --once, the rest of the queue. */
async function serve(
  { output }: CommandContext,
  parts: Composition,
  { once, supervised }: RuntimeOptions,
  signal: AbortSignal,
): Promise<number> {
  const codes = supervised === 'other' ? [] : parts.installation.config.startup;
  const executions = await runStartup(parts, codes, signal);
  if (supervised === 'first') tellSupervisor('startup-over');
  if (codes.length > 0 || (once && output.json)) printSummary(output, codes, executions);
  if (once) await parts.executions.waitForEmpty(signal);
  else if (!output.json && supervised === undefined) output.line('Serving. Ctrl-C stops.');
  return executions.every(({ state }) => state === 'success') ? 0 : 1;
}

async function runStartup(
  { dispatcher, executions: all }: Composition,
  codes: readonly string[],
  signal: AbortSignal,
): Promise<ExecutionView[]> {
  const executions: ExecutionView[] = [];
  for (const code of codes) {
    signal.throwIfAborted();
    const { id } = await dispatcher.dispatch(code, undefined, { triggeredBy: 'startup' });
    const execution = await all.waitForFinal(id, signal);
    executions.push(execution);
    if (execution.state !== 'success') break;
  }
  return executions;
}

async function drain({ worker, beacon, installation, logger }: Composition): Promise<DrainReport> {
  const graceMs = shutdownGraceMs(installation);
  if (worker.active > 0) {
    logger.info('stopping, waiting for runs', { runs: worker.active, graceMs });
  }
  const drained = worker.drain(graceMs);
  // At once: who looks at the workers sees that this one takes nothing more.
  void beacon.beat();
  return drained;
}

/** Watches how worn the process is, when there is someone to replace it. */
function wearOf(
  { config }: SkepInstallation,
  supervised: Part | undefined,
  stop: StopWatch,
  logger: Logger,
): Wear | undefined {
  const { maxRuns, maxMemory } = config.worker;
  if (maxRuns === undefined && maxMemory === undefined) return undefined;
  if (supervised === undefined) {
    logger.warn('worker.maxRuns and worker.maxMemory count only with --processes');
    return undefined;
  }
  const maxMemoryBytes = maxMemory === undefined ? undefined : sizeBytes(maxMemory);
  return new Wear({ maxRuns, maxMemoryBytes }, (why) => {
    logger.info('worn out, making room for another process', { after: why });
    tellSupervisor('recycling');
    stop.stop(Stopped.because(`worn out after ${why}`, recycledExitCode));
  });
}
