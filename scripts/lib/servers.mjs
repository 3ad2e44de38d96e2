// The servers that tests and benchmarks share, and the variables that tell where they are.
import { startMariaDb } from './mariadb.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';

/** @typedef {import('./needed-servers.mjs').ServerName} ServerName */
/** @typedef {{ url: string, remove(): Promise<void> }} Server */

/** @type {Readonly<Record<ServerName, { variable: string, start(options: Options): Promise<Server | undefined> }>>} */
const servers = {
  mariaDb: {
    variable: 'SKEP_TEST_MARIADB_URL',
    start: ({ mariaDb = [] }) => startMariaDb(mariaDb),
  },
  redis: { variable: 'SKEP_TEST_REDIS_URL', start: () => startRedis() },
  postgres: { variable: 'SKEP_TEST_POSTGRES_URL', start: () => startPostgres() },
};

/**
 * @typedef {object} Options
 * @property {readonly string[]} [mariaDb] options of mariadbd
 */

/**
 * Starts the servers that are wanted and can be had, has them used, and removes them however that ends.
 *
 * @template T
 * @param {ReadonlySet<ServerName>} wanted
 * @param {Options} options
 * @param {(env: Record<string, string>) => Promise<T>} use is given the variables
 * @returns {Promise<T>}
 */
export async function withServers(wanted, options, use) {
  /** @type {Server[]} */
  const running = [];
  /** @type {Record<string, string>} */
  const env = {};
  try {
    for (const name of wanted) {
      const { variable, start } = servers[name];
      const server = await start(options);
      if (server === undefined) continue;
      running.push(server);
      env[variable] = server.url;
    }
    return await use(env);
  } finally {
    await Promise.all(running.map((server) => server.remove()));
  }
}
