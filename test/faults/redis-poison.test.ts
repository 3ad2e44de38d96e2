// Executions that end their process, beside healthy ones on Redis: only the poison is quarantined.
import { hostname } from 'node:os';
import { describeWithRedis } from '../support/redis.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { FaultSite, patientRedis } from './fault-site.js';

const maxCrashes = 3;

describeWithRedis('poison in the queue on Redis', () => {
  it('is quarantined after maxCrashes, with reason and host, and takes nobody along', async () => {
    await using redis = await RedisServer.create();
    // Every crash is found by the stall check, one after the other.
    const config = { redis: { ...patientRedis, stallInterval: '4s' } };
    await using site = await FaultSite.create({ redisUrl: redis.url, config });
    // Out together from the first moment on: ten at a time.
    const healthy = await site.dispatchAll('healthy', Array(5).fill({}));
    const poison = await site.dispatchAll('poison', Array(2).fill({}));
    healthy.push(...(await site.dispatchAll('healthy', Array(25).fill({}))));

    const empty = site.broker.waitForEmpty(AbortSignal.timeout(180_000)).then(() => true);
    let worker = site.startWorker();
    // As a supervisor would.
    while (!(await Promise.race([empty, worker.gone.then(() => false)]))) {
      worker = site.startWorker();
    }

    const attempts = site.effects.byExecution();
    for (const id of poison) {
      const view = await site.broker.find(id);
      expect(view).toMatchObject({
        state: 'quarantined',
        crashes: maxCrashes + 1,
        error: { code: 'SKEP_CRASHED_TOO_OFTEN' },
      });
      const [, host, pid] = /the last time on (.+):(\d+);/.exec(view?.error?.message ?? '') ?? [];
      expect([host, site.diedAt.has(Number(pid))]).toEqual([hostname(), true]);
      expect(attempts.get(id)).toHaveLength(maxCrashes + 1);
    }
    expect(await site.notIn('success', healthy)).toEqual([]);
  }, 270_000);
});
