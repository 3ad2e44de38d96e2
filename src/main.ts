// The composition root: the only file that knows every part. It builds them; what is opened, a command decides.
import 'reflect-metadata';
import { dirname } from 'node:path';
import { type DependencyContainer, container as globalContainer } from 'tsyringe';
import { z } from 'zod';
import { createConfigSchema, sizeBytes } from './core/config/config-schema.js';
import { type Installation, loadInstallation } from './core/config/installation.js';
import type { LoadedConfig } from './core/config/load-config.js';
import { withReferences } from './core/config/references.js';
import { BrokerDispatcher } from './core/dispatch/broker-dispatcher.js';
import { Dispatcher } from './core/dispatch/dispatcher.js';
import { durationMs } from './core/duration.js';
import { SkepError } from './core/errors/skep-error.js';
import { type ImportModule, importModule } from './core/host/import-module.js';
import type { LoadedPlugin } from './core/host/loaded-plugin.js';
import { PluginHost } from './core/host/plugin-host.js';
import type { ProcessLogger } from './core/log/winston-logger.js';
import { workerName } from './core/log/winston-logger.js';
import type { Broker } from './core/ports/broker.js';
import type { RunObserver } from './core/ports/observer.js';
import type { Tracker } from './core/ports/tracker.js';
import { RunRecorder } from './core/run/run-recorder.js';
import { Runner } from './core/run/runner.js';
import { Worker } from './core/run/worker.js';
import { type Seams, systemSeams } from './core/seams.js';
import { didYouMean } from './core/suggest.js';
import { injectionToken } from './core/tasks/inject.js';
import {
  type CollectedSources,
  collectSources,
  DataSourceProvider,
  dataSourceOptionsSchema,
} from './datasources/index.js';
import { EmbeddedBroker } from './plugins/queue/index.js';
import { MemoryTracker } from './plugins/tracking/index.js';

/** The schema of plugins.json with the sections of all rooms. */
export const configSchema = createConfigSchema({
  dataSources: z
    .record(z.string(), dataSourceOptionsSchema)
    .default({})
    .describe('Per data source (maria, hris, biostar, those of plugins): how it connects'),
});

export type SkepConfig = z.output<typeof configSchema>;
export type SkepInstallation = Installation<SkepConfig>;

/** The JSON Schema of plugins.json, for editors. */
export function configJsonSchema(): object {
  // The draft that editors understand best.
  const options = { io: 'input', target: 'draft-7', unrepresentable: 'any' } as const;
  return withReferences(z.toJSONSchema(configSchema, options));
}

const defaultConcurrency = 10;
const disposeTimeoutMs = 5_000;

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
  readonly runner: Runner;
  readonly worker: Worker;
}

/** Builds the parts of a process. */
export function compose(options: ComposeOptions): Composition {
  const { installation, logger, observers = [], seams = systemSeams } = options;
  const { config, registry, plugins, environment, dataDir } = installation;
  const container = globalContainer.createChildContainer();
  const host = new PluginHost({ plugins, container, logger, dataDir, environment });
  const limits = {
    payloadBytes: sizeBytes(config.limits.payload),
    resultBytes: sizeBytes(config.limits.result),
  };
  const worker = workerName();
  const sources = new DataSourceProvider({
    sources: contributedSources(plugins),
    options: config.dataSources,
    environment,
    dataDir,
    folder: dirname(installation.file),
    logger,
    seams,
  });
  const broker = new EmbeddedBroker({ dataDir, logger, seams, worker });
  const tracker = new MemoryTracker();
  const dispatcher = new BrokerDispatcher({
    registry,
    broker,
    tracker,
    logger,
    seams,
    payloadLimitBytes: limits.payloadBytes,
  });
  container.registerInstance(injectionToken<Dispatcher>(Dispatcher), dispatcher);
  const runner = new Runner({
    registry,
    scopes: { root: container, extensions: [sources], disposeTimeoutMs },
    recorder: new RunRecorder(tracker, observers, logger),
    logger,
    seams,
    limits,
    worker,
  });
  const consumer = new Worker({
    broker,
    runner,
    logger,
    queues: workerQueues(installation),
    defaultConcurrency,
  });
  return {
    installation,
    container,
    logger,
    host,
    sources,
    broker,
    tracker,
    dispatcher,
    runner,
    worker: consumer,
  };
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

/** Every queue that a task or the configuration names. */
function workerQueues({ registry, config }: SkepInstallation) {
  const names = new Set([...registry.queues, ...Object.keys(config.queues)]);
  return [...names].map((name) => ({
    name,
    concurrency: config.queues[name]?.concurrency ?? defaultConcurrency,
  }));
}
