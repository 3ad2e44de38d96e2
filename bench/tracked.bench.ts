// Tracked executions end to end, and dispatch within transactions, on MariaDB with every commit on disk, and Redis.
// Prints a table and one line of JSON; exits with 1 when a figure is missed. SKEP_BENCH_ROUNDS and SKEP_BENCH_JOBS
// make it shorter.
import Table from 'cli-table3';
import { startBackground } from '../src/main.js';
import { openDatabases } from './attendance/databases.js';
import { median } from './support/median.js';
import { percentile } from './support/percentile.js';
import { openTracked } from './tracked/runtime.js';
import { committed } from './tracked/tasks-plugin.js';

const rounds = Number(process.env.SKEP_BENCH_ROUNDS ?? 5);
const jobs = Number(process.env.SKEP_BENCH_JOBS ?? 20_000);
const jobsPerCall = 500;
/** Runs at one time: each waits for two commits of the disk, one after the other. */
const slots = { tracked: 400, orders: 40 };
const goals = { tracked: 5_000, orders: 2_000, lagP99Ms: 100 };

const databases = await openDatabases();

/** Executions a second from the first dispatch to the last final row. */
async function trackedRate(): Promise<number> {
  const runtime = await openTracked(await databases.empty(), slots.tracked, ['default']);
  const { parts } = runtime;
  await parts.worker.start();
  await startBackground(parts);
  const round = async (count: number): Promise<number> => {
    const startedAt = performance.now();
    for (let sent = 0; sent < count; sent += jobsPerCall) {
      await parts.dispatcher.dispatchAll(
        Array.from({ length: jobsPerCall }, (_, n) => ({
          task: 'tracked_noop',
          payload: { n: sent + n },
        })),
      );
    }
    await parts.broker.waitForEmpty();
    return count / ((performance.now() - startedAt) / 1_000);
  };
  await round(jobs / 2);
  const rate = await round(jobs);
  const [counted] = await runtime.query<{ executions: string; attempts: string }>(
    `SELECT (SELECT COUNT(*) FROM execution WHERE status = 'success') AS executions,
            (SELECT COUNT(*) FROM execution_attempt WHERE outcome = 'success') AS attempts`,
  );
  await runtime.close();
  const all = jobs * 1.5;
  if (Number(counted?.executions) !== all || Number(counted?.attempts) !== all) {
    throw new Error(`the record does not hold all ${all}: ${JSON.stringify(counted)}`);
  }
  return rate;
}

/**
 * Transactions a second that dispatch, and milliseconds from each commit to the queue having its execution. A fifth more come
 * first, uncounted: they open the connections.
 */
async function orders(count: number): Promise<{ rate: number; lags: number[] }> {
  const runtime = await openTracked(await databases.empty(), slots.orders, ['default']);
  const { parts } = runtime;
  await runtime.query('CREATE TABLE bench_order (n INT NOT NULL)');
  const queuedAt = new Map<string, number>();
  const enqueue = parts.broker.enqueue.bind(parts.broker);
  parts.broker.enqueue = async (entries) => {
    const ids = await enqueue(entries);
    for (const { envelope } of entries) queuedAt.set(envelope.id, performance.now());
    return ids;
  };
  committed.clear();
  const uncounted = count / 5;
  const all = uncounted + count;
  for (let sent = 0; sent < all; sent += jobsPerCall) {
    await parts.dispatcher.dispatchAll(
      Array.from({ length: jobsPerCall }, (_, n) => ({ task: 'order', payload: { n: sent + n } })),
    );
  }
  await startBackground(parts);
  await parts.worker.start();
  const timeOf = async (commits: number): Promise<number> => {
    while (committed.size < commits) await new Promise((resolve) => setTimeout(resolve, 1));
    return performance.now();
  };
  const startedAt = await timeOf(uncounted);
  const rate = count / (((await timeOf(all)) - startedAt) / 1_000);
  while ([...committed.keys()].some((id) => !queuedAt.has(id))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const lags = [...committed].map(([id, at]) => Math.max(0, (queuedAt.get(id) ?? NaN) - at));
  await runtime.close();
  return { rate, lags };
}

const tracked: number[] = [];
const orderRates: number[] = [];
const lags: number[] = [];
try {
  for (let round = 0; round < rounds; round += 1) {
    tracked.push(await trackedRate());
    const measured = await orders(jobs / 4);
    orderRates.push(measured.rate);
    lags.push(...measured.lags);
  }
} finally {
  await databases.close();
}

const figures = {
  tracked: median(tracked),
  orders: median(orderRates),
  lagP50Ms: percentile(lags, 0.5),
  lagP99Ms: percentile(lags, 0.99),
};
const table = new Table({ head: ['what', 'measured', 'to reach'] });
table.push(
  [
    'tracked no-op, dispatched, run, every step on record',
    `${Math.round(figures.tracked)} /s`,
    `${goals.tracked} /s`,
  ],
  ['dispatch within a transaction', `${Math.round(figures.orders)} /s`, `${goals.orders} /s`],
  ['commit to queue, p50', `${figures.lagP50Ms.toFixed(1)} ms`, ''],
  ['commit to queue, p99', `${figures.lagP99Ms.toFixed(1)} ms`, `under ${goals.lagP99Ms} ms`],
);
console.log(table.toString());
console.log(JSON.stringify({ bench: 'tracked', rounds, jobs, ...figures }));
const reached =
  figures.tracked >= goals.tracked &&
  figures.orders >= goals.orders &&
  figures.lagP99Ms < goals.lagP99Ms;
if (!reached) process.exitCode = 1;
