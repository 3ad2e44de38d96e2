// A private server for tests and benchmarks: found on this machine, else installed where that is possible, else done
// without.
import { aptInstall, whyNotApt } from './apt.mjs';
import { say, step, yellow } from './say.mjs';

/**
 * Loads the TypeScript that the tests use to start servers of their own.
 * @param {string} name of a module in test/support/servers
 */
export async function serverModule(name) {
  const { tsImport } = await import('tsx/esm/api');
  return await tsImport(`../../test/support/servers/${name}.ts`, import.meta.url);
}

/**
 * @typedef {<T>(install: () => Promise<T>) => Promise<T>} AroundInstallation runs an installation between a preparation
 *   and a clean-up
 */

/**
 * @param {readonly string[]} packages
 * @param {AroundInstallation} around
 * @returns {Promise<string | undefined>} why they are not installed; undefined when they are now
 */
async function install(packages, around) {
  const obstacle = whyNotApt();
  if (obstacle !== undefined) return obstacle;
  return await step(`Installing ${packages.join(' and ')} with apt`, () =>
    around(() => aptInstall(packages)),
  );
}

/**
 * Starts a private server. The caller removes it; should this process die, it is removed all the same.
 *
 * @template S
 * @param {object} kind
 * @param {string} kind.name of the product
 * @param {readonly string[]} kind.packages Debian packages with the server and without a service that starts by itself
 * @param {AroundInstallation} [kind.around] for packages that start a service unless something keeps them from it
 * @param {() => unknown} kind.find undefined when it is not installed
 * @param {() => Promise<S>} kind.create
 * @returns {Promise<S | undefined>} the server, or undefined when there is none and none can be installed (it has
 *   said why)
 */
export async function startServer({
  name,
  packages,
  around = (install) => install(),
  find,
  create,
}) {
  if (!find()) {
    const obstacle = await install(packages, around);
    if (!find()) {
      say(yellow(`No ${name} server: ${obstacle ?? `${packages.join(' and ')} hold none`}.`));
      say(yellow(`To install one: apt-get install --no-install-recommends ${packages.join(' ')}`));
      return undefined;
    }
  }
  return await step(`Starting a private ${name}`, create);
}
