// All roles of a runtime on real servers, which are killed, restarted and emptied: they go on by themselves.
import { Redis } from 'ioredis';
import { container } from 'tsyringe';
import type { Dispatcher } from '../../src/core/dispatch/dispatcher.js';
import type { Role } from '../../src/core/host/role.js';
import { systemSeams } from '../../src/core/seams.js';
import { injectionToken } from '../../src/core/tasks/inject.js';
import { ApplicationDatabase, type DataSourceProvider } from '../../src/datasources/index.js';
import { trackingOptions } from '../../src/plugins/tracking/options.js';
import { trackingRoles } from '../../src/plugins/tracking/roles/index.js';
import { SqlExecutionStore } from '../../src/plugins/tracking/store/sql-execution-store.js';
import { BeeQueueHarness } from '../plugins/queue/bee-queue/bee-queue-harness.js';
import { openSources } from '../plugins/tracking/store/support.js';
import { entry, idOf } from '../support/executions.js';
import { registryOf, rememberingLogger } from '../support/harness.js';
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';

describeWithRedisAndMaria('the roles of a runtime', () => {
  let maria: MariaServer;
  let redis: RedisServer;
  beforeAll(async () => {
    [maria, redis] = await Promise.all([MariaServer.create(), RedisServer.create()]);
  });
  afterAll(() => Promise.all([maria.remove(), redis.remove()]));

  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });

  async function query(provider: DataSourceProvider, sql: string): Promise<unknown[]> {
    return provider.application.use((manager) => manager.query(sql));
  }

  async function runtime() {
    const bare = await openSources({ url: () => new URL('mysql', maria.url).href });
    await query(bare, 'CREATE DATABASE IF NOT EXISTS roles');
    await bare.close();
    const provider = await openSources({ url: () => new URL('roles', maria.url).href });
    cleanups.push(() => provider.close());
    const harness = new BeeQueueHarness(redis.url, 'outage');
    cleanups.push(() => harness.dispose());
    // No suite about a Redis that is silent: it may stand still for longer than it may as shipped.
    const broker = await harness.open({ dispatchTimeout: '1m' });
    const { logger, lines } = rememberingLogger();
    const own = container.createChildContainer();
    own.registerInstance(
      injectionToken<ApplicationDatabase>(ApplicationDatabase),
      provider.application,
    );
    const registry = registryOf();
    const seams = systemSeams;
    const store = new SqlExecutionStore({
      database: provider.application,
      history: {} as SqlExecutionStore['history'],
      registry,
      logger,
      seams,
    });
    cleanups.push(() => store.close());
    const parts = { container: own, registry, logger, seams, broker, store, worker: 'here:1' };
    const roles = trackingRoles.map(
      ({ value }): Role =>
        value({ ...parts, dispatcher: {} as Dispatcher, options: trackingOptions.parse({}) }),
    );
    cleanups.push(() => Promise.all(roles.map((role) => role.stop())));
    return { provider, broker, store, roles, lines };
  }
  type Runtime = Awaited<ReturnType<typeof runtime>>;

  async function dispatchWithin({ provider, store }: Runtime): Promise<string> {
    const pending = entry({ tracked: true });
    await provider.application.transaction((manager) => store.pendingWithin(manager, [pending]));
    return idOf(pending);
  }
  const holds = async ({ broker }: Runtime, id: string): Promise<boolean> =>
    (await broker.holds([id])).has(id);

  it('outlive the death and return of the database, and tell each of both once', async () => {
    const one = await runtime();
    const { lines, provider } = one;
    for (const role of one.roles) await role.start();
    await until(async () => (await query(provider, 'SELECT * FROM worker')).length === 1);
    await maria.kill();
    const failing = ['the heartbeat', 'the relay of dispatches', 'the reconciler'];
    const said = (words: string): string[] =>
      failing.filter((name) => lines.some(({ message }) => message === `${name} ${words}`));
    await until(() => said('failed, trying again').length === failing.length);
    await maria.start();
    await until(() => said('goes on').length === failing.length);
    for (const name of failing) {
      const told = lines.filter(({ message }) => message.startsWith(name));
      expect(told.map(({ message }) => message)).toEqual([
        `${name} failed, trying again`,
        `${name} goes on`,
      ]);
    }
    const id = await dispatchWithin(one);
    await until(() => holds(one, id));
    for (const role of one.roles) await role.stop();
    expect(await query(provider, 'SELECT * FROM worker')).toEqual([]);
  });

  it('bring back what an emptied Redis has lost', async () => {
    const one = await runtime();
    for (const role of one.roles) await role.start();
    const id = await dispatchWithin(one);
    await until(() => holds(one, id));
    const client = new Redis(redis.url);
    // In one step: a moment later the reconciler may have been there.
    const emptied = await client.multi().flushall().dbsize().exec();
    client.disconnect();
    expect(emptied).toEqual([
      [null, 'OK'],
      [null, 0],
    ]);
    await until(() => holds(one, id));
  });

  it('end while the database is away', async () => {
    const one = await runtime();
    for (const role of one.roles) await role.start();
    await until(async () => (await query(one.provider, 'SELECT * FROM worker')).length === 1);
    await maria.kill();
    await Promise.all(one.roles.map((role) => role.stop()));
    await maria.start();
    expect(await query(one.provider, 'SELECT * FROM worker')).toHaveLength(1);
  });
});
