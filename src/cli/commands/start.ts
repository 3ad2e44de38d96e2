// `skep start`: the runtime. Opens everything, dispatches the startup tasks, serves until it is told to stop.
import type { Command } from 'commander';
import { prepareDataDir } from '../../core/config/data-dir.js';
import type { ExecutionView } from '../../core/execution.js';
import type { RunObserver } from '../../core/ports/observer.js';
import type { DrainReport } from '../../core/run/worker.js';
import { type Composition, compose, shutdownGraceMs } from '../../main.js';
import { action, addCommand, type CommandContext } from '../command.js';
import { Stopped, signalExitCode, watchStopSignals } from '../stop-signal.js';
import { surviveStrayErrors } from '../stray-errors.js';
import { ProgressLog } from '../terminal/progress-log.js';
import { StatusLine } from '../terminal/status-line.js';
import { printSummary } from '../terminal/summary.js';

interface StartFlags {
  readonly once?: boolean;
}

export function startCommand(program: Command): void {
  addCommand(program, 'start', 'Run the runtime: consume the queues until Ctrl-C', [
    'skep start',
    'skep start --once --json',
    'skep start --config site/plugins.json',
  ])
    .option('--once', 'end when the startup tasks are done and the queues are empty')
    .action(action(start));
}

async function start(context: CommandContext, flags: StartFlags): Promise<number> {
  const installation = await context.install();
  prepareDataDir(installation.dataDir);
  const line = process.stderr.isTTY ? new StatusLine() : undefined;
  const logger = context.logger(installation, line?.logStream());
  const observers: RunObserver[] = [line ?? new ProgressLog(logger)];
  const parts = compose({ installation, logger, observers });
  const stop = watchStopSignals();
  surviveStrayErrors(logger);
  try {
    await open(parts, stop.signal);
  } catch (error) {
    await parts.worker.drain(0);
    await close(parts);
    if (error instanceof Stopped) return signalExitCode[error.stopSignal];
    throw error;
  }
  const { registry } = installation;
  logger.info('ready', { queues: registry.queues, tasks: registry.all.length });
  let exitCode = 0;
  let unsettled = false;
  try {
    exitCode = await serve(context, parts, flags, stop.signal);
    if (!flags.once) await stop.stopped;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    // However it got here, a runtime gives its runs the grace period.
    const drained = await drain(parts);
    await close(parts);
    logger.info('stopped', { ...drained });
    unsettled = drained.unsettled > 0;
    if (unsettled) exitCode = 1;
  }
  // While it serves, the signal is how it ends; that a startup task failed was told long before.
  return stop.signal.aborted && !unsettled ? signalExitCode[await stop.stopped] : exitCode;
}

/** @throws Stopped when a signal came meanwhile. */
async function open(
  { broker, sources, host, worker }: Composition,
  signal: AbortSignal,
): Promise<void> {
  await broker.open();
  // First of all, so that a second runtime stops here and touches nothing.
  await broker.own();
  host.register();
  await sources.migrator.ensure();
  signal.throwIfAborted();
  await host.start();
  signal.throwIfAborted();
  await worker.start();
}

/** The startup tasks, each after the one before has succeeded; then, with --once, the rest of the queue. */
async function serve(
  { output }: CommandContext,
  { installation, dispatcher, broker }: Composition,
  flags: StartFlags,
  signal: AbortSignal,
): Promise<number> {
  const codes = installation.config.startup;
  const executions: ExecutionView[] = [];
  for (const code of codes) {
    signal.throwIfAborted();
    const { id } = await dispatcher.dispatch(code, undefined, { triggeredBy: 'startup' });
    const execution = await broker.waitForFinal(id, signal);
    executions.push(execution);
    if (execution.state !== 'success') break;
  }
  if (codes.length > 0 || (flags.once && output.json)) printSummary(output, codes, executions);
  if (flags.once) await broker.waitForEmpty(signal);
  else if (!output.json) output.line('Serving. Ctrl-C stops.');
  return executions.every(({ state }) => state === 'success') ? 0 : 1;
}

function drain({ worker, installation, logger }: Composition): Promise<DrainReport> {
  const graceMs = shutdownGraceMs(installation);
  if (worker.active > 0) {
    logger.info('stopping, waiting for runs', { runs: worker.active, graceMs });
  }
  return worker.drain(graceMs);
}

async function close({ host, sources, broker }: Composition): Promise<void> {
  await host.close();
  await sources.close();
  await broker.close();
}
