// Skep alone: the cost of one job with a long backlog beside a short one, and the memory of a process that dispatches
// the long one.
import { median } from '../support/median.js';
import type { Pair } from './pair.js';

export const backlogs = { short: 1_000, long: 1_000_000 };
const jobsPerCall = 1_000;
const concurrency = 20;

export interface Backlog {
  /** Microseconds a job. */
  readonly short: number;
  readonly long: number;
  readonly dispatchedPerSecond: number;
  /** Of the dispatching process, MiB: after the first twentieth, at most, at the end. */
  readonly memory: { readonly first: number; readonly most: number; readonly last: number };
}

/** @param jobs processed in each measurement */
export async function measureBacklog(skep: Pair, rounds: number, jobs: number): Promise<Backlog> {
  const filled = await skep.fill({ queue: 'long', jobs: backlogs.long, jobsPerCall });
  await skep.fill({ queue: 'short', jobs: backlogs.short, jobsPerCall });
  const costs: Record<'short' | 'long', number[]> = { short: [], long: [] };
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const queue of ['short', 'long'] as const) {
      const seconds = await skep.process({ queue, jobs, concurrency, refill: true });
      if (round > 0) costs[queue].push((seconds * 1e6) / jobs);
    }
  }
  const mebibytes = filled.memory.map((bytes) => bytes / 2 ** 20);
  return {
    short: median(costs.short),
    long: median(costs.long),
    dispatchedPerSecond: backlogs.long / filled.seconds,
    memory: {
      first: mebibytes[0] ?? Number.NaN,
      most: Math.max(...mebibytes),
      last: mebibytes.at(-1) ?? Number.NaN,
    },
  };
}
