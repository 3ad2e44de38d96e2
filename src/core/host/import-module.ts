// Imports a plugin's module; TypeScript works without a build step.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import type { PluginWatch } from './plugin-watch/plugin-watch.js';
import * as typescriptHooks from './typescript-hooks.js';

/** The entry of plugins.json that is being loaded, and how long that may take, in milliseconds. */
export interface ImportedFor {
  readonly module: string;
  readonly timeoutMs: number;
}

/** Imports a module by its file URL. */
export type ImportModule = (url: string, imported: ImportedFor) => Promise<unknown>;

/** Imports as `through` does, under the watch for modules that block the main thread. */
export function watchedImport(through: ImportModule, watch: PluginWatch): ImportModule {
  return (url, imported) => {
    const { module, timeoutMs } = imported;
    const activity = { who: `plugin module "${module}"`, what: 'load', timeoutMs };
    return watch.during(activity, () => through(url, imported));
  };
}

/** Compiler options for plugins in TypeScript: the decorators of Skep, whatever the user's tsconfig says. */
const pluginTsconfig = fileURLToPath(new URL('../../../plugin.tsconfig.json', import.meta.url));
let typescript: Promise<void> | undefined;

/** Imports through Node; tsx is registered when the first `.ts` file is met. */
export const importModule: ImportModule = async (url) => {
  if (/\.m?ts$/.test(url)) {
    typescript ??= registerTypescript();
    await typescript;
  }
  return import(url);
};

async function registerTypescript(): Promise<void> {
  // Before those of tsx, which then ask them: it has ways of its own with what it takes for CommonJS.
  // Newer Node has hooks on the main thread and warns of the older way.
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => void };
  if (registerHooks) registerHooks(typescriptHooks);
  else nodeModule.register(new URL('./typescript-hooks.js', import.meta.url));
  const { register } = await import('tsx/esm/api');
  // `register`, not `tsImport`: the plugin must share this process's one copy of the core.
  register({ tsconfig: pluginTsconfig });
}
