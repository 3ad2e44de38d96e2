// Memory and handles over many runs on Redis in one process: flat. 200,000 runs, and SKEP_FAULT_SCALE times as
// many where that is set.
import { describeWithRedis } from '../support/redis.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { FaultSite, scale } from './fault-site.js';
import type { Sample } from './soak-runs.js';

const soakScript = new URL('./soak-runs.ts', import.meta.url);
const warmUp = 30_000;
const runs = 200_000 * scale;
const every = 10_000;
/** It ends what hangs. The runs compute all the time, so that beside others they take many times what they take alone. */
const timeoutMs = 600_000 * scale;
const mostBytesPerRun = 1_024 / 1_000;

describeWithRedis(`${runs} runs in one process`, () => {
  it(
    'leave neither memory nor handles behind',
    async () => {
      await using redis = await RedisServer.create();
      await using site = await FaultSite.create({
        redisUrl: redis.url,
        config: { queues: { default: { concurrency: 50 } }, redis: { keepFinished: 1_000 } },
      });
      const samples: Sample[] = await site.measure(soakScript, [warmUp, runs, every]);
      const bytesPerRun = slope(samples);
      const last = samples.at(-1);
      process.stderr.write(
        `memory after ${runs} runs: ${Math.round(bytesPerRun * 1_000)} bytes more per 1,000 runs; ` +
          `${mebibytes(samples[0]?.memory)} to ${mebibytes(last?.memory)} MiB, ` +
          `resident ${mebibytes(samples[0]?.resident)} to ${mebibytes(last?.resident)} MiB, ` +
          `handles ${samples[0]?.handles} to ${last?.handles}\n`,
      );
      expect(samples).toHaveLength(1 + runs / every);
      expect(bytesPerRun).toBeLessThan(mostBytesPerRun);
      const [first] = samples;
      expect(last?.handles).toBeLessThanOrEqual((first?.handles ?? 0) + 2);
      expect(last?.files).toBeLessThanOrEqual((first?.files ?? 0) + 2);
    },
    timeoutMs,
  );
});

const mebibytes = (bytes = Number.NaN): string => (bytes / 2 ** 20).toFixed(1);

/** Bytes a run, by the line that fits the samples best. */
function slope(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = samples.map((sample) => sample.runs);
  const y = samples.map(({ memory }) => memory);
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = mean(samples.map((each) => (each.runs - meanX) * (each.memory - meanY)));
  return covariance / mean(x.map((value) => (value - meanX) ** 2));
}
