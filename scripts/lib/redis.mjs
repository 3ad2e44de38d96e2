// The private Redis of tests and benchmarks.
import { serverModule, startServer } from './private-server.mjs';

/** @returns the server, or undefined when there can be none */
export async function startRedis() {
  /** @type {[typeof import('../../test/support/servers/find-redis.js'), typeof import('../../test/support/servers/redis-server.js')]} */
  const [{ findRedis }, { RedisServer }] = await Promise.all([
    serverModule('find-redis'),
    serverModule('redis-server'),
  ]);
  return await startServer({
    name: 'Redis',
    // The package redis-server would start a service; its program comes with this one.
    packages: ['redis-tools'],
    find: findRedis,
    create: () => RedisServer.create(),
  });
}
