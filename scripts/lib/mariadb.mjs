// The private MariaDB of tests and benchmarks.
import { serverModule, startServer } from './private-server.mjs';

/**
 * @param {readonly string[]} [options] options of mariadbd
 * @returns the server, or undefined when there can be none
 */
export async function startMariaDb(options = []) {
  /** @type {[typeof import('../../test/support/servers/find-mariadb.js'), typeof import('../../test/support/servers/mariadb-server.js')]} */
  const [{ findMariaDb }, { MariaServer }] = await Promise.all([
    serverModule('find-mariadb'),
    serverModule('mariadb-server'),
  ]);
  return await startServer({
    name: 'MariaDB',
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    find: findMariaDb,
    create: () => MariaServer.create(options),
  });
}
