// What is installed: plugins.json with the sections of all rooms, its plugins and their tasks. Opens nothing.
import { z } from 'zod';
import { createConfigSchema } from '../core/config/config-schema.js';
import { type Installation, loadInstallation } from '../core/config/installation.js';
import type { LoadedConfig } from '../core/config/load-config.js';
import { withReferences } from '../core/config/references.js';
import { durationMs } from '../core/duration.js';
import { SkepError } from '../core/errors/skep-error.js';
import { type ImportModule, importModule, watchedImport } from '../core/host/import-module.js';
import type { LoadedPlugin } from '../core/host/loaded-plugin.js';
import type { PluginWatch } from '../core/host/plugin-watch/plugin-watch.js';
import { didYouMean } from '../core/suggest.js';
import {
  type CollectedSources,
  collectSources,
  dataSourceOptionsSchema,
} from '../datasources/index.js';
import { type CreateBroker, loadBroker, redisOptionsSchema } from '../plugins/queue/index.js';
import { misspeltVariables } from './misspelt-variables.js';
import { trackedWithoutStore } from './tracked-tasks.js';

/** The schema of plugins.json with the sections of all rooms. */
export const configSchema = createConfigSchema({
  dataSources: z
    .record(z.string(), dataSourceOptionsSchema)
    .default({})
    .describe('Per data source (maria, hris, biostar, those of plugins): how it connects'),
  redis: redisOptionsSchema,
});

export type SkepConfig = z.output<typeof configSchema>;
export interface SkepInstallation extends Installation<SkepConfig> {
  /** Makes its broker. */
  readonly createBroker: CreateBroker;
}

/** The JSON Schema of plugins.json, for editors. */
export function configJsonSchema(): object {
  // The draft that editors understand best.
  const options = { io: 'input', target: 'draft-7', unrepresentable: 'any' } as const;
  return withReferences(z.toJSONSchema(configSchema, options));
}

/** Loads plugins.json, the plugins and their tasks. */
export async function load(options: {
  readonly configFile: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly importModule?: ImportModule;
  /** Watches for plugins that block the main thread while their modules are loaded. */
  readonly watch?: PluginWatch | undefined;
}): Promise<SkepInstallation> {
  const { importModule: through = importModule } = options;
  const installation = await loadInstallation({
    ...options,
    importModule: options.watch ? watchedImport(through, options.watch) : through,
    schema: configSchema,
    check: (loaded, plugins, registry) => [
      ...misnamedSources(loaded, plugins),
      ...unheardSchedules(loaded, plugins),
      ...misspeltVariables({
        environment: loaded.environment,
        empty: loaded.emptyVariables,
        sources: contributedSources(plugins).definitions.map(({ env }) => env),
        configFile: loaded.file,
      }),
      ...trackedWithoutStore(registry, plugins, loaded.place),
    ],
  });
  const createBroker = await loadBroker(installation.environment.REDIS_URL);
  return { ...installation, createBroker };
}

/** How long runs may go on after the runtime was told to stop, in milliseconds. */
export const shutdownGraceMs = ({ config }: SkepInstallation): number =>
  durationMs(config.shutdown.grace);

export const contributedSources = (plugins: readonly LoadedPlugin[]): CollectedSources =>
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

/** Schedules in plugins.json that nothing would ever run. */
function unheardSchedules(
  { config, place }: LoadedConfig<SkepConfig>,
  plugins: readonly LoadedPlugin[],
): SkepError[] {
  if (runsSchedules(plugins)) return [];
  return Object.entries(config.tasks)
    .filter(([, { schedule }]) => schedule !== undefined)
    .map(([code]) => {
      const message = `the task "${code}" has a schedule, and no plugin of this installation runs it`;
      return new SkepError('SKEP_NOT_SCHEDULING', message, {
        place: place(['tasks', code, 'schedule']),
      });
    });
}

/**
 * Codes of the tasks whose own schedules nothing runs. No mistake, unlike those in plugins.json: whoever writes a task does not
 * say where schedules run.
 */
export function tasksNobodySchedules({ plugins, registry }: SkepInstallation): string[] {
  if (runsSchedules(plugins)) return [];
  return registry.all
    .filter(({ schedules }) => schedules.some(({ options }) => options.enabled !== false))
    .map(({ code }) => code);
}

/**
 * Queues of plugins.json that no task is in, each with the name that may have been meant. A warning and no mistake: one
 * plugins.json may serve sites that enable different plugins. Priorities are no keys of `queues`: all lanes of a queue share
 * its concurrency, and the schema refuses `billing:high`.
 */
export function queuesWithoutTasks({ config, registry }: SkepInstallation): string[] {
  const used = registry.queues;
  return Object.keys(config.queues)
    .filter((name) => !used.includes(name))
    .map((name) => `${name}${didYouMean(name, used)}`);
}

const runsSchedules = (plugins: readonly LoadedPlugin[]): boolean =>
  plugins.some(({ plugin }) => plugin.name === 'scheduler');
