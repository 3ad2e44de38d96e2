// Imports a plugin's module; TypeScript works without a build step.
import * as nodeModule from 'node:module';
import type { PluginWatch } from './plugin-watch/plugin-watch.js';

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

let isRegistered = false;

/** Imports through Node; the hooks for TypeScript are registered when the first such file is met. */
export const importModule: ImportModule = async (url) => {
  if (!isRegistered && /\.[mc]?tsx?$/.test(url)) {
    isRegistered = true;
    await registerTypescript();
  }
  return import(url);
};

async function registerTypescript(): Promise<void> {
  // Stack traces name the lines of the source.
  process.setSourceMapsEnabled(true);
  // Newer Node has hooks on the main thread and warns of the older way.
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => void };
  if (registerHooks) registerHooks(await import('./typescript-hooks.js'));
  else nodeModule.register(new URL('./typescript-hooks.js', import.meta.url));
}
