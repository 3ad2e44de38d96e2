// Loads an installation from plugin definitions, each as if it were the default export of a module.
import { load, type SkepInstallation } from '../../src/composition/installation.js';
import { problemsOf, type SkepError } from '../../src/core/errors/skep-error.js';
import type { Plugin } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';

export interface GivenInstallation {
  readonly plugins: readonly Plugin[];
  /** Sections of plugins.json beside `plugins`. */
  readonly sections?: object;
  readonly variables?: Readonly<Record<string, string>>;
  /** Content of the file `.env`; there is none when absent. */
  readonly dotEnv?: string;
}

/** @throws what `load` throws. */
export async function installationOf(given: GivenInstallation): Promise<SkepInstallation> {
  const { plugins, sections, variables = {}, dotEnv } = given;
  using folder = tempFolder();
  const modules = plugins.map((_, index) => `./plugin-${index}.js`);
  for (const module of modules) folder.write(module, '');
  if (dotEnv !== undefined) folder.write('.env', dotEnv);
  return await load({
    configFile: folder.write('plugins.json', { plugins: modules, ...sections }),
    variables,
    cwd: folder.path,
    importModule: async (url) => ({
      default: plugins[Number(/plugin-(\d+)\.js$/.exec(url)?.[1])],
    }),
  });
}

/** The mistakes for which an installation is refused; none when it is accepted. */
export async function problemsWith(given: GivenInstallation): Promise<readonly SkepError[]> {
  try {
    await installationOf(given);
    return [];
  } catch (error) {
    return problemsOf(error);
  }
}
