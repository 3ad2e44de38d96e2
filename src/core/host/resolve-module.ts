// Finds the file that the module of a plugin names: a path relative to plugins.json, or a package.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve as resolvePackage } from 'import-meta-resolve';
import { SkepError } from '../errors/skep-error.js';

/**
 * The file URL of a plugin's module.
 * @param configFile absolute path of plugins.json.
 * @throws SkepError `SKEP_PLUGIN_NOT_FOUND`.
 */
export function resolveModule(module: string, configFile: string): string {
  const url = /^(\.{1,2}\/|\/)/.test(module)
    ? pathToFileURL(resolve(configFile, '..', module)).href
    : packageUrl(module, configFile);
  if (!existsSync(fileURLToPath(url))) {
    throw new SkepError('SKEP_PLUGIN_NOT_FOUND', `the file of "${module}" does not exist`, {
      details: { file: fileURLToPath(url) },
    });
  }
  return url;
}

function packageUrl(module: string, configFile: string): string {
  try {
    const url = resolvePackage(module, pathToFileURL(configFile).href);
    if (url.startsWith('file:')) return url;
    throw new Error(`it resolves to ${url}`);
  } catch (error) {
    const [first] = (error as Error).message.split('\n');
    const remedy = module.includes('/')
      ? undefined
      : `Install the package, or write "./${module}" for a file beside plugins.json.`;
    throw new SkepError('SKEP_PLUGIN_NOT_FOUND', `"${module}" cannot be found: ${first}`, {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}
