// Imports a plugin's module; TypeScript works without a build step.
import { fileURLToPath } from 'node:url';

/** Imports a module by its file URL. */
export type ImportModule = (url: string) => Promise<unknown>;

/** Compiler options for plugins in TypeScript: the decorators of Skep, whatever the user's tsconfig says. */
const pluginTsconfig = fileURLToPath(new URL('../../../plugin.tsconfig.json', import.meta.url));
let typescript: Promise<unknown> | undefined;

/** Imports through Node; tsx is registered when the first `.ts` file is met. */
export const importModule: ImportModule = async (url) => {
  if (/\.[cm]?ts$/.test(url)) {
    // `register`, not `tsImport`: the plugin must share this process's one copy of the core.
    typescript ??= import('tsx/esm/api').then(({ register }) =>
      register({ tsconfig: pluginTsconfig }),
    );
    await typescript;
  }
  return import(url);
};
