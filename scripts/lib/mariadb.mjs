// The private MariaDB of tests and benchmarks: found on this machine, else installed where that is
// possible, else done without.
import { aptInstall, whyNotApt } from './apt.mjs';
import { say, step, yellow } from './say.mjs';

/** Server and initialiser, without a service that starts by itself. */
const packages = ['mariadb-server-core', 'mariadb-client-core'];

/** The TypeScript that the tests use to start servers of their own. */
async function servers() {
  const { tsImport } = await import('tsx/esm/api');
  const load = (/** @type {string} */ name) =>
    tsImport(`../../test/support/servers/${name}.ts`, import.meta.url);
  /** @type {[typeof import('../../test/support/servers/find-mariadb.js'), typeof import('../../test/support/servers/mariadb-server.js')]} */
  const [{ findMariaDb }, { MariaServer }] = await Promise.all([
    load('find-mariadb'),
    load('mariadb-server'),
  ]);
  return { findMariaDb, MariaServer };
}

/** @returns {Promise<string | undefined>} why there is none; undefined when it is installed now */
async function install() {
  const obstacle = whyNotApt();
  if (obstacle !== undefined) return obstacle;
  return await step(`Installing ${packages.join(' and ')} with apt`, () => aptInstall(packages));
}

/**
 * Starts a private server. The caller removes it; should this process die, it is removed all the same.
 *
 * @param {readonly string[]} [options] options of mariadbd
 * @returns the server, or undefined when there is no MariaDB and none can be installed (it has said why)
 */
export async function startMariaDb(options = []) {
  const { findMariaDb, MariaServer } = await servers();
  if (!findMariaDb()) {
    const obstacle = await install();
    if (!findMariaDb()) {
      say(yellow(`No MariaDB server: ${obstacle ?? 'the packages hold no mariadbd'}.`));
      say(yellow(`To install one: apt-get install --no-install-recommends ${packages.join(' ')}`));
      return undefined;
    }
  }
  return await step('Starting a private MariaDB', () => MariaServer.create(options));
}
