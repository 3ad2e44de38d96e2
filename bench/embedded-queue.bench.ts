// The embedded queue: no-op jobs a second with durable enqueue and settle, and the cost of a job with a long backlog
// beside a short one. Rounds alternate, medians are taken; prints a table and one line of JSON; exits with 1 when a figure
// is missed.
import Table from 'cli-table3';
import { backlogCosts, backlogs } from './embedded-queue/backlog.js';
import { deliveries } from './embedded-queue/deliveries.js';
import { fullRuns } from './embedded-queue/full-runs.js';
import { median } from './support/median.js';

const rounds = 5;
const jobs = 10_000;
const goals = { runsPerSecond: 3_000, backlogRatio: 1.2 };

const measured = {
  deliveriesAt20: () => deliveries(jobs, 20),
  deliveriesAt100: () => deliveries(jobs, 100),
  runsAt20: () => fullRuns(jobs, 20),
  runsAt100: () => fullRuns(jobs, 100),
};
type Name = keyof typeof measured;
// The keys of the object above; Object.entries forgets them.
const all = Object.entries(measured) as [Name, () => Promise<number>][];

async function medians(): Promise<Record<Name, number>> {
  const values: Record<Name, number[]> = {
    deliveriesAt20: [],
    deliveriesAt100: [],
    runsAt20: [],
    runsAt100: [],
  };
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, measure] of all) {
      const rate = await measure();
      if (round > 0) values[name].push(rate);
    }
  }
  return {
    deliveriesAt20: median(values.deliveriesAt20),
    deliveriesAt100: median(values.deliveriesAt100),
    runsAt20: median(values.runsAt20),
    runsAt100: median(values.runsAt100),
  };
}

const perSecond = await medians();
const costs = await backlogCosts(rounds, jobs);
const backlogRatio = costs.long / costs.short;

const rate = (value: number): string => `${Math.round(value).toLocaleString('en')} /s`;
const cost = (value: number): string => `${value.toFixed(1)} µs`;
const table = new Table({ head: ['embedded queue, no-op jobs', 'measured', 'to reach'] });
table.push(
  ['queue alone, concurrency 20', rate(perSecond.deliveriesAt20), ''],
  ['queue alone, concurrency 100', rate(perSecond.deliveriesAt100), ''],
  ['full runs, concurrency 20', rate(perSecond.runsAt20), rate(goals.runsPerSecond)],
  ['full runs, concurrency 100', rate(perSecond.runsAt100), rate(goals.runsPerSecond)],
  [`one job, ${backlogs.short.toLocaleString('en')} waiting`, cost(costs.short), ''],
  [`one job, ${backlogs.long.toLocaleString('en')} waiting`, cost(costs.long), ''],
  ['ratio of the two', backlogRatio.toFixed(2), `at most ${goals.backlogRatio}`],
);
console.log(table.toString());
console.log(
  JSON.stringify({
    bench: 'embedded-queue',
    rounds,
    jobs,
    perSecond,
    microsecondsPerJob: costs,
    backlogRatio,
  }),
);
const reached =
  Math.min(perSecond.runsAt20, perSecond.runsAt100) >= goals.runsPerSecond &&
  backlogRatio <= goals.backlogRatio;
if (!reached) process.exitCode = 1;
