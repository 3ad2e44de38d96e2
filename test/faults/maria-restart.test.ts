// MariaDB restarted under load, five times: shut down in order and killed in turn. The tasks write rows, idempotent by
// execution, and are retried: all are final in the end, and every row is there once.
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { FaultSite, scale } from './fault-site.js';
import { Load, tell } from './load.js';
import { Rows } from './rows.js';
import { now } from './side-effects.js';

const restarts = 5 * scale;

describeWithRedisAndMaria('restarts of MariaDB under load', () => {
  it(
    'lose nothing and repeat nothing; no worker is restarted',
    async () => {
      await using maria = await MariaServer.create();
      await using redis = await RedisServer.create();
      const rows = new Rows(maria.url);
      await rows.create();
      await using site = await FaultSite.create({
        redisUrl: redis.url,
        mariaUrl: rows.url,
        config: { dataSources: { maria: { lifetime: 'shared' } } },
      });
      const workers = [site.startWorker(), site.startWorker()];
      await Promise.all(workers.map(({ ready }) => ready));
      const load = new Load(site, 'row', () => null);

      const recovery: number[] = [];
      for (let restart = 0; restart < restarts; restart += 1) {
        const goal = (await rows.tally()) + 100;
        await until(async () => (await rows.tally()) >= goal);
        if (restart % 2 === 0) await maria.kill();
        else await maria.stop();
        // The runs that go on now meet the outage.
        const dispatched = load.ids.length + 40;
        await until(() => load.ids.length >= dispatched);
        await maria.start();
        const back = now();
        const before = await rows.tally();
        await until(async () => (await rows.tally()) > before);
        recovery.push((now() - back) / 1e6);
      }
      await load.end();
      await site.broker.waitForEmpty(AbortSignal.timeout(90_000));
      tell('MariaDB back to the first row', recovery);

      expect(await site.notIn('success', load.ids)).toEqual([]);
      expect(load.refused).toEqual([]);
      expect(workers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
      expect(await rows.executions()).toEqual(new Set(load.ids));
      expect(await rows.tally()).toBe(load.ids.length);
      const views = await site.views(load.ids);
      expect(views.filter((view) => view !== undefined && view.attempt > 1).length).toBeGreaterThan(
        0,
      );
      expect(views.filter((view) => view?.crashes !== 0)).toEqual([]);
    },
    270_000 * scale,
  );
});
