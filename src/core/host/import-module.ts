// Imports a plugin's module; TypeScript works without a build step.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import * as typescriptHooks from './typescript-hooks.js';

/** Imports a module by its file URL. */
export type ImportModule = (url: string) => Promise<unknown>;

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
