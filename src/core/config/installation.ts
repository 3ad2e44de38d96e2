// An installation: plugins.json, its plugins and their tasks, loaded and validated together, nothing opened.

import type { z } from 'zod';
import { durationMs } from '../duration.js';
import { SkepError, throwProblems } from '../errors/skep-error.js';
import type { ImportModule } from '../host/import-module.js';
import { type InstallationCheck, installationChecks } from '../host/installation-check.js';
import { loadPlugins } from '../host/load-plugins.js';
import type { LoadedPlugin } from '../host/loaded-plugin.js';
import { pluginError } from '../host/plugin-error.js';
import { nameSecretFields } from '../log/secret-names.js';
import { didYouMean } from '../suggest.js';
import { declarationOf } from '../tasks/declaration.js';
import { parsePayload } from '../tasks/payload.js';
import { TaskRegistry, type TaskSource } from '../tasks/registry.js';
import { within } from '../within.js';
import { type CoreConfig, defaultStartTimeout } from './config-schema.js';
import type { Environment } from './environment.js';
import { type LoadedConfig, loadConfig } from './load-config.js';

export interface Installation<C extends CoreConfig> extends LoadedConfig<C> {
  /** In order of dependency. */
  readonly plugins: readonly LoadedPlugin[];
  readonly registry: TaskRegistry;
}

export interface InstallationOptions<S extends z.ZodType<CoreConfig>> {
  readonly configFile: string;
  readonly schema: S;
  readonly variables: Environment;
  readonly cwd: string;
  readonly importModule: ImportModule;
  /** Checks of layers beside the core that need to know the plugins and their tasks. */
  readonly check?: (
    loaded: LoadedConfig<z.output<S>>,
    plugins: readonly LoadedPlugin[],
    registry: TaskRegistry,
  ) => SkepError[];
}

/**
 * Loads an installation.
 * @throws SkepProblems with every mistake in plugins.json, the plugins and the tasks.
 */
export async function loadInstallation<S extends z.ZodType<CoreConfig>>(
  options: InstallationOptions<S>,
): Promise<Installation<z.output<S>>> {
  const loaded = loadConfig({ ...options, file: options.configFile });
  const { config, file, place } = loaded;
  const { plugins, problems } = await loadPlugins({
    entries: config.plugins,
    configFile: file,
    place,
    importModule: options.importModule,
  });
  const sources = plugins.map(({ plugin }) => ({ plugin: plugin.name, tasks: plugin.tasks ?? [] }));
  const built = TaskRegistry.build(sources, config.tasks);
  // While plugins are missing, so are their tasks: saying that those are unknown would mislead.
  const misnamed = problems.length > 0 ? [] : misnamedTasks(config, sources, place);
  const checked =
    problems.length > 0 ? [] : (options.check?.(loaded, plugins, built.registry) ?? []);
  const startup = problems.length > 0 ? [] : await unfitStartup(config, built.registry, place);
  const found = await problemsFoundBy(plugins, built.registry, loaded);
  throwProblems([...problems, ...built.problems, ...misnamed, ...startup, ...checked, ...found]);
  nameSecretFields({
    everywhere: config.redact.fields,
    byTask: new Map(built.registry.all.map(({ code, redact }) => [code, redact])),
  });
  return { ...loaded, plugins, registry: built.registry };
}

/** What the checks of the plugins find. */
async function problemsFoundBy(
  plugins: readonly LoadedPlugin[],
  registry: TaskRegistry,
  { environment, place }: LoadedConfig<CoreConfig>,
): Promise<SkepError[]> {
  const found = plugins.flatMap(({ plugin, options, entry }) =>
    (plugin.contributes ?? [])
      .filter(({ point }) => point === installationChecks)
      .map(async ({ value }) => {
        try {
          // Only `installationCheck` makes values for this point.
          const check = value as InstallationCheck;
          const timeoutMs = durationMs(entry.startTimeout ?? defaultStartTimeout);
          return await within(() => check({ registry, options, environment, place }), timeoutMs);
        } catch (error) {
          const what = 'failed to check the installation';
          const step = { plugin: plugin.name, what, late: 'did not check the installation' };
          return [pluginError({ ...step, code: 'SKEP_PLUGIN_START' }, error)];
        }
      }),
  );
  return (await Promise.all(found)).flat();
}

/** Task codes in plugins.json that no enabled plugin has. */
function misnamedTasks(
  config: CoreConfig,
  sources: readonly TaskSource[],
  place: LoadedConfig<CoreConfig>['place'],
): SkepError[] {
  const codes = sources
    .flatMap(({ tasks }) => tasks)
    .flatMap((taskClass) => declarationOf(taskClass)?.task?.code ?? []);
  const named = [
    ...Object.keys(config.tasks).map((code) => ({ code, path: ['tasks', code] })),
    ...config.startup.map((code, index) => ({ code, path: ['startup', index] })),
  ];
  return named
    .filter(({ code }) => !codes.includes(code))
    .map(({ code, path }) => {
      const message = `there is no task "${code}"${didYouMean(code, codes)}`;
      return new SkepError('SKEP_CONFIG_INVALID', message, { place: place(path) });
    });
}

/** Startup tasks that are disabled here, or that need a payload: they get none. */
async function unfitStartup(
  config: CoreConfig,
  registry: TaskRegistry,
  place: LoadedConfig<CoreConfig>['place'],
): Promise<SkepError[]> {
  const problems: SkepError[] = [];
  for (const [index, code] of config.startup.entries()) {
    const at = place(['startup', index]);
    const record = registry.all.find((each) => each.code === code);
    if (record === undefined) {
      if (config.tasks[code]?.enabled !== false) continue;
      const message = `the task "${code}" is disabled in tasks.${code}`;
      problems.push(new SkepError('SKEP_CONFIG_INVALID', message, { place: at }));
      continue;
    }
    try {
      await parsePayload(record, null);
    } catch (error) {
      const message = `"${code}" cannot run without a payload: ${(error as Error).message}`;
      problems.push(new SkepError('SKEP_CONFIG_INVALID', message, { place: at, cause: error }));
    }
  }
  return problems;
}
