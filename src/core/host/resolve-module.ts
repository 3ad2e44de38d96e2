// Finds the file that the module of a plugin names: a path relative to plugins.json, or a package.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve as resolvePackage } from 'import-meta-resolve';
import { SkepError } from '../errors/skep-error.js';
import { nearest } from '../suggest.js';

/**
 * The file URL of a plugin's module.
 * @param configFile absolute path of plugins.json.
 * @throws SkepError `SKEP_PLUGIN_NOT_FOUND`.
 */
export function resolveModule(module: string, configFile: string): string {
  const url = /^(\.{1,2}\/|\/)/.test(module)
    ? pathToFileURL(resolve(configFile, '..', module)).href
    : packageUrl(module, configFile);
  const file = fileURLToPath(url);
  if (!existsSync(file)) {
    const meant = nearestModule(module, file);
    const hint = meant === undefined ? '' : `. Did you mean "${meant}"?`;
    throw new SkepError('SKEP_PLUGIN_NOT_FOUND', `the file of "${module}" does not exist${hint}`, {
      details: { file },
    });
  }
  return url;
}

/** The module that would be there with the first folder or file of its path spelt as one that exists is. */
function nearestModule(module: string, file: string): string | undefined {
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  const [missing = '', ...rest] = relative(folder, file).split(sep);
  // What the name of the module does not show cannot be misspelt in it.
  if (!module.includes(missing)) return undefined;
  const there = readdirSync(folder).filter((name) => existsSync(join(folder, name, ...rest)));
  const meant = nearest(missing, there);
  return meant === undefined ? undefined : module.replace(missing, () => meant);
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
