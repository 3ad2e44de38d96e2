// kill -9 of workers on Redis, at random moments and often: three workers, 100 kills over 5,000 dispatches at
// SKEP_FAULT_SCALE=5, a fifth of it otherwise. What happened is read from the log of side effects.
import { describeWithRedis } from '../support/redis.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { FaultSite, type FaultWorker, scale } from './fault-site.js';
import { overlaps } from './side-effects.js';

const kills = 20 * scale;
const dispatchesPerKill = 50;
const workersAtOnce = 3;
const concurrency = 10;
/** What a killed worker held is given out again after up to 28 s, and all three may be processes that are just starting. */
const startedWithinMs = 120_000;

const upTo = (most: number): number => Math.floor(Math.random() * (most + 1));

describeWithRedis('kill -9 beside the queue on Redis', () => {
  it(
    `${kills} times of workers: all is final, nothing overlaps, only what was in flight is repeated`,
    async () => {
      await using redis = await RedisServer.create();
      await using site = await FaultSite.create({
        redisUrl: redis.url,
        config: { queues: { default: { concurrency } } },
      });
      const { effects } = site;
      const workers = Array.from({ length: workersAtOnce }, () => site.startWorker());
      await Promise.all(workers.map(({ ready }) => ready));

      const ids: string[] = [];
      const killed: number[] = [];
      for (let kill = 0; kill < kills; kill += 1) {
        const ms = Array.from({ length: dispatchesPerKill }, () => ({ ms: upTo(60) }));
        const startedBefore = effects.all.length;
        ids.push(...(await site.dispatchAll('work', ms)));
        const moment = startedBefore + 1 + upTo(dispatchesPerKill - 1);
        await until(() => effects.all.length >= moment, startedWithinMs);
        await until(() => workers.some(({ isReady }) => isReady), startedWithinMs);
        const victim = oneOf(workers.filter(({ isReady }) => isReady));
        killed.push(victim.pid);
        await victim.kill();
        workers[workers.indexOf(victim)] = site.startWorker();
      }
      await site.broker.waitForEmpty(AbortSignal.timeout(180_000));

      expect(await site.notIn('success', ids)).toEqual([]);
      expect(overlaps(effects, site.diedAt)).toEqual([]);
      const attempts = effects.byExecution();
      expect(new Set(attempts.keys())).toEqual(new Set(ids));
      const repeated = [...attempts.values()].filter(({ length }) => length > 1);
      expect(repeated.length).toBeGreaterThan(0);
      // Whatever was not the last attempt was in flight in a process when that was killed: held by one of its slots.
      const heldAtKill = new Map<number, number>();
      for (const some of repeated) {
        for (const { pid } of some.slice(0, -1)) {
          heldAtKill.set(pid, (heldAtKill.get(pid) ?? 0) + 1);
        }
      }
      expect([...heldAtKill.keys()].filter((pid) => !killed.includes(pid))).toEqual([]);
      expect([...heldAtKill.values()].filter((held) => held > concurrency)).toEqual([]);
      // Each crash that was counted is a kill, and each repetition was counted.
      const views = await site.views(ids);
      const miscounted = views.filter((view) => {
        const starts = attempts.get(view?.id ?? '')?.length ?? 0;
        return view === undefined || starts > 1 + view.crashes || view.attempt !== 1 + view.crashes;
      });
      expect(miscounted).toEqual([]);
    },
    360_000 + 30_000 * scale,
  );
});

function oneOf(workers: readonly FaultWorker[]): FaultWorker {
  const one = workers[upTo(workers.length - 1)];
  if (one === undefined) throw new Error('no worker is ready');
  return one;
}
