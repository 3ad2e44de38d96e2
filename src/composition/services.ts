// What a process and each of its threads build alike: the services that tasks are given, and what runs are made of.
import { dirname } from 'node:path';
import { type DependencyContainer, container as globalContainer } from 'tsyringe';
import { sizeBytes } from '../core/config/config-schema.js';
import { BrokerDispatcher } from '../core/dispatch/broker-dispatcher.js';
import { Dispatcher } from '../core/dispatch/dispatcher.js';
import { SkepError } from '../core/errors/skep-error.js';
import { finalWait } from '../core/executions/final-wait.js';
import { pluginError } from '../core/host/plugin-error.js';
import { PluginHost } from '../core/host/plugin-host.js';
import type { PluginWatch } from '../core/host/plugin-watch/plugin-watch.js';
import { executionStores, type StoreParts } from '../core/host/role.js';
import type { ProcessLogger } from '../core/log/winston-logger.js';
import { workerName } from '../core/log/winston-logger.js';
import type { Broker } from '../core/ports/broker.js';
import type { ExecutionStore } from '../core/ports/execution-history.js';
import type { Tracker } from '../core/ports/tracker.js';
import type { CodeRunnerParts } from '../core/run/code-runner.js';
import { type Seams, systemSeams } from '../core/seams.js';
import { injectionToken } from '../core/tasks/inject.js';
import { TaskRegistryToken } from '../core/tasks/registry.js';
import {
  ApplicationDatabase,
  DataSourceProvider,
  type ProviderParts,
} from '../datasources/index.js';
import type { DispatchingBroker } from '../plugins/isolation/index.js';
import { MemoryTracker } from '../plugins/tracking/index.js';
import { contributedSources, type SkepInstallation } from './installation.js';

const disposeTimeoutMs = 5_000;

export interface Services extends CodeRunnerParts {
  readonly container: DependencyContainer;
  readonly host: PluginHost;
  readonly sources: DataSourceProvider;
  readonly broker: Broker;
  /** The store, or a memory of this process where no plugin contributes one. */
  readonly tracker: Tracker;
  readonly store: ExecutionStore | undefined;
  readonly dispatcher: Dispatcher;
}

export interface ServiceOptions {
  readonly installation: SkepInstallation;
  readonly logger: ProcessLogger;
  readonly seams?: Seams;
  readonly isThread: boolean;
  /** How long the `close` of one plugin may take, in milliseconds. @default 10_000 */
  readonly closeTimeoutMs?: number;
  /** Watches for plugins that block the main thread. */
  readonly watch?: PluginWatch | undefined;
  /** What dispatching goes through; the broker as it is when absent. */
  readonly dispatching?: (broker: Broker) => DispatchingBroker;
  readonly leases?: ProviderParts['leases'];
}

/** Builds the services that tasks are given. */
export function composeServices(options: ServiceOptions): Services {
  const { installation, logger, seams = systemSeams, isThread, dispatching, leases } = options;
  const { config, registry, plugins, environment, dataDir } = installation;
  const container = globalContainer.createChildContainer();
  const { watch } = options;
  const host = new PluginHost({
    plugins,
    container,
    logger,
    dataDir,
    environment,
    isThread,
    watch,
    ...(options.closeTimeoutMs === undefined ? {} : { closeTimeoutMs: options.closeTimeoutMs }),
  });
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
  container.registerInstance(
    injectionToken<ApplicationDatabase>(ApplicationDatabase),
    sources.application,
  );
  container.registerInstance(TaskRegistryToken, registry);
  const broker = installation.createBroker({
    redis: config.redis,
    dataDir,
    logger,
    seams,
    worker: workerName(),
  });
  const store = makeStore(host, { container, registry, logger, seams });
  const tracker = store ?? new MemoryTracker();
  const queue = dispatching ? dispatching(broker) : broker;
  const dispatcher = new BrokerDispatcher({
    registry,
    broker: queue,
    waitForFinal: finalWait(queue, store),
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
    store,
    dispatcher,
    registry,
    scopes,
    logger,
    seams,
    limits,
  };
}

/** @throws SkepError `SKEP_PLUGIN_INVALID` when two plugins contribute one. */
function makeStore(
  host: PluginHost,
  parts: Omit<StoreParts, 'options'>,
): ExecutionStore | undefined {
  const [first, second] = host.contributionsBy(executionStores);
  if (second !== undefined) {
    const message = `the plugins "${first?.plugin}" and "${second.plugin}" both contribute a store of executions`;
    throw new SkepError('SKEP_PLUGIN_INVALID', message);
  }
  if (first === undefined) return undefined;
  const { plugin, value, options } = first;
  try {
    return value({ ...parts, options });
  } catch (error) {
    const what = 'failed to make its store of executions';
    throw pluginError({ plugin, what, code: 'SKEP_PLUGIN_START' }, error);
  }
}
