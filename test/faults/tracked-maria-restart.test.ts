// MariaDB restarted under load, five times: shut down in order and killed in turn. It holds the record of the executions
// beside what they write: whoever dispatches is refused while it is away, what was acknowledged happens once, and the
// record says so. Nobody restarts a worker.
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { scale } from './fault-site.js';
import { Load, tell } from './load.js';
import { isQuiet, notBookedOnce, recordOf, untruths } from './record.js';
import { now, overlaps } from './side-effects.js';
import { trackedSite } from './tracked-site.js';

const restarts = 5 * scale;
/** What could not begin is put off by 5 s, and what could not be dispatched is found within 10 s and two looks. */
const quietWithinMs = 90_000;
/** What whoever dispatches is told while the record is away. */
const outage = new Set(['SKEP_CONNECT_FAILED', 'SKEP_CONNECTION_LOST']);

const upTo = (most: number): number => Math.floor(Math.random() * (most + 1));

describeWithRedisAndMaria('restarts of MariaDB under tracked executions', () => {
  it(
    'lose nothing and repeat nothing; the record is true',
    async () => {
      await using maria = await MariaServer.create();
      await using redis = await RedisServer.create();
      await using site = await trackedSite({ servers: { maria, redis } });
      const { effects } = site;
      const workers = [site.startWorker(), site.startWorker()];
      await Promise.all(workers.map(({ ready }) => ready));
      const load = new Load(site, () => ({
        task: Math.random() < 0.7 ? 'book' : 'labour',
        payload: { ms: upTo(30), failures: Math.random() < 0.1 ? 1 : 0 },
      }));

      const recovery: number[] = [];
      for (let restart = 0; restart < restarts; restart += 1) {
        const goal = effects.ended + 100;
        await until(() => effects.ended >= goal);
        const refused = load.refused.length;
        if (restart % 2 === 0) await maria.kill();
        else await maria.stop();
        await until(() => load.refused.length > refused);
        await maria.start();
        const back = now();
        await until(() => effects.all.some(({ startedAt }) => startedAt > back));
        const first = effects.all.find(({ startedAt }) => startedAt > back);
        recovery.push(((first?.startedAt ?? Number.NaN) - back) / 1e6);
      }
      await load.end();
      await until(() => isQuiet(site), quietWithinMs);
      tell('MariaDB back to the first start of a tracked run', recovery);

      expect(workers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
      expect(await untruths(site, load.ids)).toEqual([]);
      // A dispatch whose commit was not answered may exist all the same, and then happens like any other.
      const all = (await recordOf(site)).map(({ id }) => id);
      expect(await untruths(site, all)).toEqual([]);
      expect(await notBookedOnce(site, ['book'])).toEqual([]);
      expect(overlaps(effects, site.diedAt)).toEqual([]);
      expect(load.refused.filter((code) => !outage.has(code))).toEqual([]);
    },
    270_000 * scale,
  );
});
