// The composition root: builds the parts of a process; what is opened, a command decides.
import 'reflect-metadata';
import type { DependencyContainer } from 'tsyringe';
import { openInjection } from './composition/injection.js';
import type { SkepInstallation } from './composition/installation.js';
import { composeServices } from './composition/services.js';
import { threads } from './composition/threads.js';
import { defaultQueue, workerQueues } from './composition/worker-queues.js';
import { closeInOrder, defaultCloseTimeoutMs } from './core/closing.js';
import type { Dispatcher } from './core/dispatch/dispatcher.js';
import { durationMs } from './core/duration.js';
import { Executions } from './core/executions/executions.js';
import { pluginError } from './core/host/plugin-error.js';
import type { PluginHost } from './core/host/plugin-host.js';
import type { PluginWatch } from './core/host/plugin-watch/plugin-watch.js';
import { type Role, type RoleParts, roles } from './core/host/role.js';
import type { ProcessLogger } from './core/log/winston-logger.js';
import { workerName } from './core/log/winston-logger.js';
import type { Broker } from './core/ports/broker.js';
import type { ExecutionStore } from './core/ports/execution-history.js';
import type { Isolation } from './core/ports/isolation.js';
import type { RunObserver } from './core/ports/observer.js';
import type { Tracker } from './core/ports/tracker.js';
import { BackgroundRoles, type PluginRole } from './core/run/background-roles.js';
import { Beacon } from './core/run/beacon.js';
import { LoopWatch } from './core/run/loop-watch/loop-watch.js';
import { RunRecorder } from './core/run/run-recorder.js';
import { Runner } from './core/run/runner.js';
import { Worker } from './core/run/worker.js';
import { type Seams, systemSeams } from './core/seams.js';
import { unlessAborted } from './core/within.js';
import type { DataSourceProvider } from './datasources/index.js';

export { examineInjection } from './composition/injection.js';

export {
  configJsonSchema,
  load,
  queuesWithoutTasks,
  type SkepInstallation,
  shutdownGraceMs,
  tasksNobodySchedules,
} from './composition/installation.js';

export { mariaOfOneMachine, missingSourcesOfTasks, placesOf } from './composition/places.js';

export interface ComposeOptions {
  readonly installation: SkepInstallation;
  readonly logger: ProcessLogger;
  readonly observers?: readonly RunObserver[];
  readonly seams?: Seams;
  /** The only queues that this process consumes; all that there are when absent. */
  readonly queues?: readonly string[] | undefined;
  /** Watches for plugins that block the main thread. */
  readonly watch?: PluginWatch | undefined;
}

/** The parts of a process, built and not opened. */
export interface Composition {
  readonly installation: SkepInstallation;
  readonly container: DependencyContainer;
  readonly logger: ProcessLogger;
  readonly host: PluginHost;
  readonly sources: DataSourceProvider;
  readonly broker: Broker;
  readonly tracker: Tracker;
  readonly store: ExecutionStore | undefined;
  readonly dispatcher: Dispatcher;
  readonly executions: Executions;
  readonly isolation: Isolation;
  readonly recorder: RunRecorder;
  readonly runner: Runner;
  readonly worker: Worker;
  readonly beacon: Beacon;
  readonly loopWatch: LoopWatch;
  readonly roles: BackgroundRoles;
}

/** Builds the parts of a process. */
export function compose(options: ComposeOptions): Composition {
  const { installation, logger, observers = [], seams = systemSeams } = options;
  const services = composeServices({ ...options, isThread: false });
  const { container, host, sources, broker, tracker, store, dispatcher } = services;
  const isolation = threads(installation, logger, sources);
  const recorder = new RunRecorder(tracker, observers, logger);
  const runner = new Runner({
    ...services,
    recorder,
    isolation,
    worker: workerName(),
    workers: () => broker.workers(),
    unknownTaskTimeoutMs: durationMs(installation.config.worker.unknownTaskTimeout),
  });
  const worker = new Worker({
    broker,
    runner,
    logger,
    queues: workerQueues(installation, options.queues),
    slots: installation.config.worker.slots,
    // Who names the queues means those and no others.
    adopt: options.queues ? undefined : defaultQueue,
  });
  const beacon = new Beacon({
    broker,
    worker,
    runner,
    tasks: installation.registry.all.map(({ code }) => code),
    logger,
    seams,
    id: workerName(),
  });
  const loopWatch = new LoopWatch({ logger, running: () => runner.running });
  const roleParts = { ...services, worker: workerName() };
  return {
    installation,
    container,
    logger,
    host,
    sources,
    broker,
    tracker,
    store,
    dispatcher,
    executions: new Executions({ broker, store, dispatcher, seams, worker: workerName() }),
    isolation,
    recorder,
    runner,
    worker,
    beacon,
    loopWatch,
    roles: new BackgroundRoles(() => makeRoles(host, roleParts), {
      logger,
      watch: options.watch,
    }),
  };
}

/** @throws SkepError that names the plugin whose role cannot be made. */
function makeRoles(host: PluginHost, parts: Omit<RoleParts, 'options'>): PluginRole[] {
  return host.contributionsBy(roles).map(({ plugin, value, options }) => {
    try {
      return { plugin, role: soundRole(value({ ...parts, options })) };
    } catch (error) {
      throw pluginError(
        { plugin, what: 'failed to make a role', code: 'SKEP_PLUGIN_START' },
        error,
      );
    }
  });
}

/** JavaScript may make what is none. */
function soundRole(made: Partial<Role> | undefined): Role {
  const { name, start, stop } = made ?? {};
  const isRole =
    typeof name === 'string' && typeof start === 'function' && typeof stop === 'function';
  if (!isRole) throw new TypeError('expected { name, start(), stop() }');
  return made as Role;
}

/**
 * Opens what runs need: queue, services of the plugins, database, plugins.
 * @param options.consumes also claims the right to consume, first of all: a second runtime stops here and touches nothing.
 * @throws the signal's reason when it aborts meanwhile; SkepProblems when a task asks for what cannot be given.
 */
export async function openRuntime(
  { installation, container, broker, host, sources }: Composition,
  { signal, consumes = false }: { readonly signal: AbortSignal; readonly consumes?: boolean },
): Promise<void> {
  // A Redis or a database that does not answer must not keep the process from stopping; what is under way is closed.
  await unlessAborted(signal, () => broker.open());
  if (consumes) await unlessAborted(signal, () => broker.own());
  host.register();
  await unlessAborted(signal, () => sources.migrator.ensure());
  await host.start(signal);
  signal.throwIfAborted();
  openInjection(container, installation, installation.registry.all);
}

/** What a runtime does beside its runs, begun when it consumes. */
export async function startBackground({
  beacon,
  loopWatch,
  roles: all,
}: Composition): Promise<void> {
  await beacon.start();
  await loopWatch.start();
  await all.start();
}

/** How long the end of a process waits for what could not be recorded yet. */
const recordGraceMs = 5_000;

/** Times in milliseconds. */
export interface CloseOptions {
  /** How long one part may take to close, where it does not bound its steps itself. @default 10_000 */
  readonly timeoutMs?: number;
}

/**
 * Closes everything, in reverse. Safe at any moment, and to call twice. Never rejects: a part that fails to close, or does
 * not close in time, is named in the log, and the others are closed.
 */
export async function closeRuntime(
  parts: Composition,
  { timeoutMs = defaultCloseTimeoutMs }: CloseOptions = {},
): Promise<void> {
  const {
    roles: all,
    beacon,
    loopWatch,
    isolation,
    recorder,
    host,
    store,
    sources,
    broker,
  } = parts;
  await closeInOrder(
    [
      { name: 'the background roles', close: () => all.stop(), timeoutMs: 'own' },
      { name: 'the heartbeat', close: () => beacon.stop(), timeoutMs },
      { name: 'the watch of the event loop', close: () => loopWatch.stop(), timeoutMs },
      // Threads use sources and queue of their own, which they close with themselves.
      { name: 'the threads', close: () => isolation.close(), timeoutMs: 'own' },
      { name: 'the recorder', close: () => recorder.close(recordGraceMs), timeoutMs: 'own' },
      { name: 'the plugins', close: () => host.close(), timeoutMs: 'own' },
      { name: 'the store of executions', close: () => store?.close(), timeoutMs },
      { name: 'the data sources', close: () => sources.close(timeoutMs), timeoutMs: 'own' },
      { name: 'the queue', close: () => broker.close(), timeoutMs },
    ],
    parts.logger,
  );
}
