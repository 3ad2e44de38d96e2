// Redis restarted under load, five times: shut down in order and killed in turn. It syncs its file with every write, so
// that a kill keeps what was acknowledged to the last write; with the usual `everysec`, a crash of the machine costs up
// to a second of it. Nothing that was acknowledged is lost, nothing is repeated, nobody restarts a worker.
import { hasCode } from '../../src/core/errors/skep-error.js';
import { median } from '../support/quick.js';
import { describeWithRedis } from '../support/redis.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { FaultSite, patientRedis, scale } from './fault-site.js';
import { Load, tell } from './load.js';
import { now, overlaps } from './side-effects.js';

const restarts = 5 * scale;
const backlog = 1_000;
const withinMs = 5_000;

/** Again when it is refused: a busy machine may take longer to answer than dispatches wait here. */
async function dispatchBacklog(site: FaultSite): Promise<string[]> {
  for (;;) {
    try {
      return await site.dispatchAll('work', Array(backlog).fill({ ms: 2 }));
    } catch (error) {
      if (!hasCode(error, 'SKEP_QUEUE_UNREACHABLE')) throw error;
    }
  }
}

describeWithRedis('restarts of Redis under load', () => {
  it(
    'lose nothing and repeat nothing; consuming and dispatching go on by themselves',
    async () => {
      await using redis = await RedisServer.create({ options: ['--appendfsync', 'always'] });
      await using site = await FaultSite.create({
        redisUrl: redis.url,
        config: { redis: { ...patientRedis, dispatchTimeout: '1s' } },
      });
      const { effects } = site;
      const workers = [site.startWorker(), site.startWorker()];
      await Promise.all(workers.map(({ ready }) => ready));
      const load = new Load(site, 'work', () => ({ ms: Math.floor(Math.random() * 30) }));

      const ids: string[] = [];
      const consuming: number[] = [];
      const dispatching: number[] = [];
      for (let restart = 0; restart < restarts; restart += 1) {
        const goal = effects.ended + 100;
        // A backlog, so that settlements and claims are on their way when it happens.
        ids.push(...(await dispatchBacklog(site)));
        await until(() => effects.ended >= goal);
        const refused = load.refused.length;
        if (restart % 2 === 0) await redis.kill();
        else await redis.stop();
        await until(() => load.refused.length > refused);
        await redis.start();
        const back = now();
        const acknowledged = load.ids.length;
        await Promise.all([
          until(() => load.ids.length > acknowledged).then(() =>
            dispatching.push((now() - back) / 1e6),
          ),
          until(() => effects.all.some(({ startedAt }) => startedAt > back)),
        ]);
        const first = effects.all.find(({ startedAt }) => startedAt > back);
        consuming.push(((first?.startedAt ?? Number.NaN) - back) / 1e6);
      }
      await load.end();
      ids.push(...load.ids);
      await site.broker.waitForEmpty(AbortSignal.timeout(90_000));
      tell('Redis back to the first dispatch', dispatching);
      tell('Redis back to the first start of a run', consuming);

      expect(await site.notIn('success', ids)).toEqual([]);
      expect(new Set(load.refused)).toEqual(new Set(['SKEP_QUEUE_UNREACHABLE']));
      expect(workers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
      // A busy machine may hold one of them up.
      for (const recovered of [consuming, dispatching]) {
        expect(median(recovered)).toBeLessThan(withinMs);
      }
      expect(overlaps(effects, site.diedAt)).toEqual([]);
      const attempts = effects.byExecution();
      expect(ids.filter((id) => !attempts.has(id))).toEqual([]);
      expect([...attempts].filter(([, { length }]) => length !== 1)).toEqual([]);
    },
    180_000 * scale,
  );
});
