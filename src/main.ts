// The composition root: the only file that knows every part. It builds them; what is opened, a command decides.
import 'reflect-metadata';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { type DependencyContainer, container as globalContainer } from 'tsyringe';
import { z } from 'zod';
import { createConfigSchema, sizeBytes } from './core/config/config-schema.js';
import { type Installation, loadInstallation } from './core/config/installation.js';
import type { LoadedConfig } from './core/config/load-config.js';
import { withReferences } from './core/config/references.js';
import { BrokerDispatcher, type DispatcherParts } from './core/dispatch/broker-dispatcher.js';
import { Dispatcher } from './core/dispatch/dispatcher.js';
import { durationMs } from './core/duration.js';
import { SkepError } from './core/errors/skep-error.js';
import { type ImportModule, importModule } from './core/host/import-module.js';
import type { LoadedPlugin } from './core/host/loaded-plugin.js';
import { PluginHost } from './core/host/plugin-host.js';
import type { ProcessLogger } from './core/log/winston-logger.js';
import { workerName } from './core/log/winston-logger.js';
import type { Broker } from './core/ports/broker.js';
import type { Isolation } from './core/ports/isolation.js';
import type { RunObserver } from './core/ports/observer.js';
import type { Tracker } from './core/ports/tracker.js';
import { Beacon } from './core/run/beacon.js';
import type { CodeRunnerParts } from './core/run/code-runner.js';
import { LoopWatch } from './core/run/loop-watch/loop-watch.js';
import { RunRecorder } from './core/run/run-recorder.js';
import { Runner } from './core/run/runner.js';
import { Worker, type WorkerQueue } from './core/run/worker.js';
import { type Seams, systemSeams } from './core/seams.js';
import { didYouMean } from './core/suggest.js';
import { injectionToken } from './core/tasks/inject.js';
import {
  type CollectedSources,
  collectSources,
  DataSourceProvider,
  dataSourceOptionsSchema,
  type ProviderParts,
} from './datasources/index.js';
import { ThreadPool } from './plugins/isolation/index.js';
import { createBroker, redisOptionsSchema } from './plugins/queue/index.js';
import { MemoryTracker } from './plugins/tracking/index.js';

/** The schema of plugins.json with the sections of all rooms. */
export const configSchema = createConfigSchema({
  dataSources: z
    .record(z.string(), dataSourceOptionsSchema)
    .default({})
    .describe('Per data source (maria, hris, biostar, those of plugins): how it connects'),
  redis: redisOptionsSchema,
});

export type SkepConfig = z.output<typeof configSchema>;
export type SkepInstallation = Installation<SkepConfig>;

/** The JSON Schema of plugins.json, for editors. */
export function configJsonSchema(): object {
  // The draft that editors understand best.
  const options = { io: 'input', target: 'draft-7', unrepresentable: 'any' } as const;
  return withReferences(z.toJSONSchema(configSchema, options));
}

/** How a queue is consumed of which the configuration says nothing. */
const defaultQueue = { concurrency: 10, weight: 1 } as const;
const disposeTimeoutMs = 5_000;

/** Sources, as in tests and benchmarks, need to be compiled in a thread too. */
const fromSources = import.meta.url.endsWith('.ts');
const thread = {
  file: new URL(fromSources ? './isolated-thread.ts' : './isolated-thread.js', import.meta.url),
  execArgv: fromSources
    ? ['--import', new URL('../scripts/lib/sources-register.mjs', import.meta.url).href]
    : [],
};

/** Loads plugins.json, the plugins and their tasks; opens nothing. */
export function load(options: {
  readonly configFile: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly importModule?: ImportModule;
}): Promise<SkepInstallation> {
  return loadInstallation({
    importModule,
    ...options,
    schema: configSchema,
    check: misnamedSources,
  });
}

export interface ComposeOptions {
  readonly installation: SkepInstallation;
  readonly logger: ProcessLogger;
  readonly observers?: readonly RunObserver[];
  readonly seams?: Seams;
  /** The only queues that this process consumes; all that there are when absent. */
  readonly queues?: readonly string[] | undefined;
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
  readonly dispatcher: Dispatcher;
  readonly isolation: Isolation;
  readonly runner: Runner;
  readonly worker: Worker;
  readonly beacon: Beacon;
  readonly loopWatch: LoopWatch;
}

/** What a process and each of its threads build alike. */
export interface Services extends CodeRunnerParts {
  readonly container: DependencyContainer;
  readonly host: PluginHost;
  readonly sources: DataSourceProvider;
  readonly broker: Broker;
  readonly tracker: Tracker;
  readonly dispatcher: Dispatcher;
}

export interface ServiceOptions extends Pick<ComposeOptions, 'installation' | 'logger' | 'seams'> {
  readonly isThread: boolean;
  /** What dispatching goes through; the broker as it is when absent. */
  readonly dispatching?: (broker: Broker) => DispatcherParts['broker'];
  readonly leases?: ProviderParts['leases'];
}

/** Builds the services that tasks are given. */
export function composeServices(options: ServiceOptions): Services {
  const { installation, logger, seams = systemSeams, isThread, dispatching, leases } = options;
  const { config, registry, plugins, environment, dataDir } = installation;
  const container = globalContainer.createChildContainer();
  const host = new PluginHost({ plugins, container, logger, dataDir, environment, isThread });
  const limits = {
    payloadBytes: sizeBytes(config.limits.payload),
    resultBytes: sizeBytes(config.limits.result),
  };
  const sources = new DataSourceProvider({
    sources: contributedSources(plugins),
    options: config.dataSources,
    environment,
    dataDir,
    folder: dirname(installation.file),
    logger,
    seams,
    leases,
  });
  const broker = createBroker({
    redisUrl: environment.REDIS_URL,
    redis: config.redis,
    dataDir,
    logger,
    seams,
    worker: workerName(),
  });
  const tracker = new MemoryTracker();
  const dispatcher = new BrokerDispatcher({
    registry,
    broker: dispatching ? dispatching(broker) : broker,
    tracker,
    logger,
    seams,
    payloadLimitBytes: limits.payloadBytes,
  });
  container.registerInstance(injectionToken<Dispatcher>(Dispatcher), dispatcher);
  const scopes = { root: container, extensions: [sources], disposeTimeoutMs };
  return {
    container,
    host,
    sources,
    broker,
    tracker,
    dispatcher,
    registry,
    scopes,
    logger,
    seams,
    limits,
  };
}

/** Builds the parts of a process. */
export function compose(options: ComposeOptions): Composition {
  const { installation, logger, observers = [], seams = systemSeams } = options;
  const services = composeServices({ ...options, isThread: false });
  const { container, host, sources, broker, tracker, dispatcher } = services;
  const isolation = threads(installation, logger, sources);
  const runner = new Runner({
    ...services,
    recorder: new RunRecorder(tracker, observers, logger),
    isolation,
    worker: workerName(),
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
  const beacon = new Beacon({ broker, worker, runner, logger, seams, id: workerName() });
  const loopWatch = new LoopWatch({ logger, running: () => runner.running });
  return {
    installation,
    container,
    logger,
    host,
    sources,
    broker,
    tracker,
    dispatcher,
    isolation,
    runner,
    worker,
    beacon,
    loopWatch,
  };
}

/**
 * Opens what runs need: queue, services of the plugins, database, plugins.
 * @param options.consumes also claims the right to consume, first of all: a second runtime stops here and touches nothing.
 * @throws the signal's reason when it aborts meanwhile.
 */
export async function openRuntime(
  { broker, host, sources }: Composition,
  { signal, consumes = false }: { readonly signal: AbortSignal; readonly consumes?: boolean },
): Promise<void> {
  await broker.open();
  if (consumes) await broker.own();
  host.register();
  await sources.migrator.ensure();
  signal.throwIfAborted();
  await host.start();
  signal.throwIfAborted();
}

/** Closes everything, in reverse. Safe at any moment, and to call twice. */
export async function closeRuntime(parts: Composition): Promise<void> {
  await parts.beacon.stop();
  await parts.loopWatch.stop();
  // Threads use sources and queue of their own, which they close with themselves.
  await parts.isolation.close();
  await parts.host.close();
  await parts.sources.close();
  await parts.broker.close();
}

/** The threads for isolated tasks; none is started before it is needed. */
function threads(
  { config, environment, file }: SkepInstallation,
  logger: ProcessLogger,
  sources: DataSourceProvider,
): Isolation {
  const { maxMemory, threads: most = availableParallelism() } = config.isolation;
  return new ThreadPool({
    file: thread.file.href,
    execArgv: [...process.execArgv, ...thread.execArgv],
    settings: {
      configFile: file,
      environment,
      cwd: process.cwd(),
      logLevel: logger.level ?? 'debug',
    },
    threads: most,
    heapMb: maxMemory === undefined ? undefined : Math.ceil(sizeBytes(maxMemory) / 2 ** 20),
    killConnection: (source, connectionId) => sources.kill(source, connectionId),
    logger,
  });
}

const contributedSources = (plugins: readonly LoadedPlugin[]): CollectedSources =>
  collectSources(plugins.map(({ plugin }) => plugin));

/** Data sources in plugins.json that no enabled plugin has. */
function misnamedSources(
  { config, place }: LoadedConfig<SkepConfig>,
  plugins: readonly LoadedPlugin[],
): SkepError[] {
  const known = contributedSources(plugins).definitions.map(({ name }) => name);
  return Object.keys(config.dataSources)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const message = `there is no data source "${name}"${didYouMean(name, known)}`;
      return new SkepError('SKEP_CONFIG_INVALID', message, { place: place(['dataSources', name]) });
    });
}

/** How long runs may go on after the runtime was told to stop, in milliseconds. */
export const shutdownGraceMs = ({ config }: SkepInstallation): number =>
  durationMs(config.shutdown.grace);

/**
 * The queues that this process consumes: those asked for, else every queue that a task or the configuration names.
 * @throws SkepError `SKEP_USAGE` when there is no such queue.
 */
function workerQueues(
  { registry, config }: SkepInstallation,
  asked: readonly string[] | undefined,
): WorkerQueue[] {
  const known = [...new Set([...registry.queues, ...Object.keys(config.queues)])];
  for (const name of asked ?? []) {
    if (known.includes(name)) continue;
    const message = `there is no queue "${name}"${didYouMean(name, known)}`;
    throw new SkepError('SKEP_USAGE', message);
  }
  return (asked ?? known).map((name) => ({
    name,
    concurrency: config.queues[name]?.concurrency ?? defaultQueue.concurrency,
    weight: config.queues[name]?.weight ?? defaultQueue.weight,
  }));
}
