// 10,000 records that no Skep has written, straight in the layout of bee-queue, among healthy work: no process ends, each
// record becomes final with its reason, nothing stays behind, the healthy work is done. SKEP_FAULT_SEED repeats a run.
import { Redis } from 'ioredis';
import { describeWithRedis } from '../../support/redis.js';
import { RedisServer } from '../../support/servers/redis-server.js';
import { FaultSite, scale } from '../fault-site.js';
import { seed } from './each-case.js';
import { Fuzz, type Planted } from './redis-records.js';

const records = 10_000 * scale;
const atOnce = 500;
const healthyAtOnce = 10;
const lane = 'skep:{default}:';

/** Why a record may be refused. */
const reasons = [
  'SKEP_ENVELOPE_INVALID',
  'SKEP_ENVELOPE_NEWER',
  'SKEP_TASK_UNKNOWN',
  'SKEP_PAYLOAD_INVALID',
  'SKEP_EXPIRED',
];

describeWithRedis(`${records} records that no Skep has written (seed ${seed})`, () => {
  it(
    'are quarantined or rejected, each with its reason, and hurt nobody',
    async () => {
      await using server = await RedisServer.create();
      await using site = await FaultSite.create({
        redisUrl: server.url,
        // Who does not know a task has it wait for a worker that does; here there is none.
        config: { worker: { unknownTaskTimeout: '1s' } },
      });
      const worker = site.startWorker();
      await worker.ready;
      const redis = new Redis(server.url);
      try {
        const fuzz = new Fuzz(seed);
        const planted: Planted[] = [];
        const healthy: string[] = [];
        while (planted.length < records) {
          const some = Array.from({ length: atOnce }, () => fuzz.next());
          await plant(redis, some);
          planted.push(...some);
          healthy.push(...(await site.dispatchAll('healthy', Array(healthyAtOnce).fill({}))));
        }
        await site.broker.waitForEmpty(AbortSignal.timeout(60_000 * scale));

        expect(worker.hasEnded).toBe(false);
        expect(await site.notIn('success', healthy)).toEqual([]);
        const withJob = planted.filter(({ record }) => record !== undefined);
        const views = await site.views(withJob.map(({ id }) => id));
        const counts: Record<string, number> = {};
        const wrong = withJob.filter((_, index) => {
          const view = views[index];
          const end = `${view?.state} ${view?.error?.code ?? ''}`.trim();
          counts[end] = (counts[end] ?? 0) + 1;
          if (view?.state === 'success') return view.error !== undefined;
          const isRefused = ['quarantined', 'failed', 'skipped'].includes(view?.state ?? '');
          return !isRefused || !reasons.includes(view?.error?.code ?? '') || view?.crashes !== 0;
        });
        process.stderr.write(`fuzzed records: ${JSON.stringify(counts)}\n`);
        expect(wrong.map(({ id, record }) => ({ id, record: record?.slice(0, 300) }))).toEqual([]);
        // Nothing of them stays behind but their history.
        for (const key of ['waiting', 'active', 'delayed', 'jobs', 'claims', 'stalling']) {
          expect({ key, exists: await redis.exists(`${lane}${key}`) }).toEqual({ key, exists: 0 });
        }
      } finally {
        redis.disconnect();
      }
    },
    180_000 + 60_000 * scale,
  );
});

async function plant(redis: Redis, planted: readonly Planted[]): Promise<void> {
  const writing = redis.pipeline();
  for (const { id, record } of planted) {
    if (record !== undefined) writing.hset(`${lane}jobs`, id, record);
    writing.lpush(`${lane}waiting`, id);
  }
  await writing.exec();
}
