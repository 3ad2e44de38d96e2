// A proxy in front of Redis, and of MariaDB, that falls silent with every connection left open: nobody is told that the
// other side is gone. Connections that were silenced stay dead when the network is back. Nothing is lost, and all goes
// on by itself.
import { describeWithRedis, describeWithRedisAndMaria } from '../support/redis.js';
import { HalfOpenProxy } from '../support/servers/half-open-proxy.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { FaultSite } from './fault-site.js';
import { Load, tell } from './load.js';
import { Rows } from './rows.js';
import { now, overlaps } from './side-effects.js';

/** The stall check takes up to twice its interval to be sure that a worker is gone. */
const takenWithinMs = 90_000;

describeWithRedis('a network to Redis that falls silent', () => {
  it('loses nothing, refuses dispatches in time, and is recovered from', async () => {
    await using redis = await RedisServer.create();
    await using proxy = await HalfOpenProxy.create(redis.port);
    await using site = await FaultSite.create({ redisUrl: proxy.through(redis.url) });
    const { effects } = site;
    const workers = [site.startWorker(), site.startWorker()];
    await Promise.all(workers.map(({ ready }) => ready));
    const load = new Load(site, 'work', () => ({ ms: Math.floor(Math.random() * 30) }));
    const someEffects = async (): Promise<void> => {
      const goal = effects.ended + 100;
      await until(() => effects.ended >= goal);
    };
    /** Milliseconds from now until a run starts of what is acknowledged from now on. */
    const recovered = async (): Promise<number> => {
      const back = now();
      const acknowledged = load.ids.length;
      await until(() => {
        const ids = new Set(load.ids.slice(acknowledged));
        return effects.all.some(({ id }) => ids.has(id));
      });
      return (now() - back) / 1e6;
    };

    await someEffects();
    // All connections are dead from one moment to the next; new ones would do.
    proxy.silence();
    await proxy.restore();
    const forgotten = await recovered();

    await someEffects();
    // Nothing comes through for longer than a dispatch waits.
    const refused = load.refused.length;
    proxy.silence();
    await until(() => load.refused.length > refused);
    await proxy.restore();
    const silent = await recovered();
    await load.end();
    await site.broker.waitForEmpty(AbortSignal.timeout(90_000));
    tell('recovery when the network forgot all connections, and from its return after a silence', [
      forgotten,
      silent,
    ]);

    expect(await site.notIn('success', load.ids)).toEqual([]);
    expect(new Set(load.refused)).toEqual(new Set(['SKEP_QUEUE_UNREACHABLE']));
    expect(workers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
    expect(overlaps(effects, site.diedAt)).toEqual([]);
    const attempts = effects.byExecution();
    expect(load.ids.filter((id) => !attempts.has(id))).toEqual([]);
  }, 180_000);
});

describeWithRedis('a worker that alone is cut off from Redis', () => {
  it('ends its runs before another worker begins them again', async () => {
    await using redis = await RedisServer.create();
    await using proxy = await HalfOpenProxy.create(redis.port);
    await using site = await FaultSite.create({
      redisUrl: redis.url,
      config: { queues: { default: { concurrency: 4 } } },
    });
    const { effects } = site;
    const cutOff = site.startWorker({ REDIS_URL: proxy.through(redis.url) });
    await cutOff.ready;
    const longerThanTheSilence = { ms: 15_000 };
    const ids = await site.dispatchAll('work', Array(4).fill(longerThanTheSilence));
    await until(() => effects.all.length === ids.length);
    const other = site.startWorker();
    await other.ready;
    const silentFrom = now();
    proxy.silence();
    await until(() => effects.all.length === 2 * ids.length, takenWithinMs);
    const taken = Math.min(...effects.all.slice(ids.length).map(({ startedAt }) => startedAt));
    tell('a worker cut off, its runs begun again by another one after', [
      (taken - silentFrom) / 1e6,
    ]);
    await proxy.restore();
    await site.broker.waitForEmpty(AbortSignal.timeout(120_000));

    expect(await site.notIn('success', ids)).toEqual([]);
    expect(overlaps(effects, site.diedAt)).toEqual([]);
    expect([cutOff, other].filter(({ hasEnded }) => hasEnded)).toEqual([]);
  }, 270_000);
});

describeWithRedisAndMaria('a network to MariaDB that falls silent', () => {
  it('loses nothing, writes nothing twice, and is recovered from', async () => {
    // The server does not learn that a client is gone; what its transaction holds would stay locked.
    await using maria = await MariaServer.create(['--idle-transaction-timeout=2']);
    await using redis = await RedisServer.create();
    await using proxy = await HalfOpenProxy.create(maria.port);
    const rows = new Rows(maria.url);
    await rows.create();
    await using site = await FaultSite.create({
      redisUrl: redis.url,
      mariaUrl: proxy.through(rows.url),
      config: { dataSources: { maria: { lifetime: 'shared', connectTimeout: '2s' } } },
    });
    const workers = [site.startWorker(), site.startWorker()];
    await Promise.all(workers.map(({ ready }) => ready));
    const load = new Load(site, 'row', () => null);
    const someRows = async (): Promise<void> => {
      const goal = (await rows.tally()) + 100;
      await until(async () => (await rows.tally()) >= goal);
    };

    await someRows();
    proxy.silence();
    const dispatched = load.ids.length + 100;
    await until(() => load.ids.length >= dispatched);
    await proxy.restore();
    const back = now();
    const before = await rows.tally();
    await until(async () => (await rows.tally()) > before);
    const recovery = (now() - back) / 1e6;
    await someRows();
    await load.end();
    await site.broker.waitForEmpty(AbortSignal.timeout(120_000));
    tell('MariaDB reachable again to the first row', [recovery]);

    expect(await site.notIn('success', load.ids)).toEqual([]);
    expect(load.refused).toEqual([]);
    expect(workers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
    expect(await rows.executions()).toEqual(new Set(load.ids));
    expect(await rows.tally()).toBe(load.ids.length);
  }, 270_000);
});
