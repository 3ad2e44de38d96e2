// The cost of one job while many wait, beside its cost while few do.
import type { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { median } from '../support/median.js';
import { consume, job, withBroker } from './queue-in-a-folder.js';

export const backlogs = { short: 1_000, long: 200_000 };
const concurrency = 20;

/** Microseconds a job. */
export interface BacklogCosts {
  readonly short: number;
  readonly long: number;
}

export function backlogCosts(rounds: number, jobs: number): Promise<BacklogCosts> {
  return withBroker((shortOne) =>
    withBroker(async (longOne) => {
      const short: number[] = [];
      const long: number[] = [];
      await fill(shortOne, backlogs.short);
      await fill(longOne, backlogs.long);
      for (let round = 0; round < rounds; round += 1) {
        short.push(await costPerJob(shortOne, jobs));
        long.push(await costPerJob(longOne, jobs));
      }
      return { short: median(short), long: median(long) };
    }),
  );
}

async function fill(broker: EmbeddedBroker, count: number): Promise<void> {
  for (let filled = 0; filled < count; filled += 1_000) {
    await broker.enqueue(Array.from({ length: 1_000 }, job));
  }
}

/** The backlog stays as long as it is: one job is dispatched for each that is settled. */
async function costPerJob(broker: EmbeddedBroker, jobs: number): Promise<number> {
  const startedAt = performance.now();
  await consume(broker, jobs, concurrency, () => broker.enqueue([job()]));
  return ((performance.now() - startedAt) * 1_000) / jobs;
}
