// The private PostgreSQL of tests.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverModule, startServer } from './private-server.mjs';

/** Read by Debian's packages of PostgreSQL when they are configured. */
const settings = '/etc/postgresql-common/createcluster.d';

/**
 * Debian's package makes a database cluster when it is installed, and a service that runs it. With this setting it
 * leaves both out; removed again, it changes nothing for whoever installs another version later.
 *
 * @template T
 * @param {() => Promise<T>} install
 * @returns {Promise<T>}
 */
async function withoutService(install) {
  const wasThere = existsSync(settings);
  const file = join(settings, 'skep.conf');
  mkdirSync(settings, { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
  try {
    return await install();
  } finally {
    rmSync(wasThere ? file : settings, { recursive: true, force: true });
  }
}

/** @returns the server, or undefined when there can be none */
export async function startPostgres() {
  /** @type {[typeof import('../../test/support/servers/find-postgres.js'), typeof import('../../test/support/servers/postgres-server.js')]} */
  const [{ findPostgres }, { PostgresServer }] = await Promise.all([
    serverModule('find-postgres'),
    serverModule('postgres-server'),
  ]);
  return await startServer({
    name: 'PostgreSQL',
    packages: ['postgresql'],
    around: withoutService,
    find: findPostgres,
    create: () => PostgresServer.create(),
  });
}
