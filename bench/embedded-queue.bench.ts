// The embedded queue: no-op deliveries a second with durable enqueue and settle, and the cost of one job with a long
// backlog beside a short one. Rounds alternate, medians are taken; prints a table and one line of JSON.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { Delivery, Enqueue } from '../src/core/ports/broker.js';
import { systemSeams } from '../src/core/seams.js';
import { EmbeddedBroker } from '../src/plugins/queue/index.js';

const rounds = 5;
const jobsPerRound = 10_000;
const backlogs = { short: 1_000, long: 200_000 };
const queue = 'default';
/** Dispatches that a dispatcher of the benchmark awaits at one time. */
const dispatchesInFlight = 100;

const silent = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const { now, newId } = systemSeams;

const job = (): Enqueue => ({
  envelope: {
    v: 1,
    id: newId(),
    task: 'noop',
    queue,
    payload: { n: 1 },
    attempt: 1,
    dispatchedAt: now(),
    triggeredBy: 'bench',
  },
  availableAt: now(),
});

function settleNoop(delivery: Delivery): Promise<void> {
  const time = now();
  return delivery.settle({
    kind: 'final',
    state: 'success',
    report: {
      attempt: 1,
      worker: 'bench',
      startedAt: time,
      finishedAt: time,
      ledger: { opened: 0, closed: 0, killed: 0, leaked: 0 },
    },
  });
}

async function withBroker<T>(work: (broker: EmbeddedBroker) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'skep-bench-'));
  const broker = new EmbeddedBroker({
    dataDir,
    logger: silent,
    seams: systemSeams,
    worker: 'bench',
  });
  try {
    await broker.open();
    return await work(broker);
  } finally {
    await broker.close();
    await rm(dataDir, { recursive: true });
  }
}

/** Consumes until `count` deliveries are settled; what is out by then is settled as well. */
async function consume(
  broker: EmbeddedBroker,
  count: number,
  concurrency: number,
  onSettled: () => Promise<void> = async () => {},
): Promise<void> {
  const active = new Set<Promise<void>>();
  let left = count;
  let done: () => void = () => {};
  const allSettled = new Promise<void>((resolve) => {
    done = resolve;
  });
  const perform = async (delivery: Delivery): Promise<void> => {
    await Promise.all([settleNoop(delivery), onSettled()]);
    left -= 1;
    if (left === 0) done();
  };
  const consumer = await broker.consume({
    queue,
    concurrency,
    deliver: async (delivery) => {
      const work = perform(delivery);
      active.add(work);
      await work;
      active.delete(work);
    },
  });
  await allSettled;
  await consumer.stop();
  await Promise.all(active);
}

/** Jobs a second that are dispatched one by one, each awaited, while they are processed. */
async function throughput(concurrency: number): Promise<number> {
  return withBroker(async (broker) => {
    let toDispatch = jobsPerRound;
    const dispatcher = async (): Promise<void> => {
      while (toDispatch > 0) {
        toDispatch -= 1;
        await broker.enqueue([job()]);
      }
    };
    const startedAt = performance.now();
    await Promise.all([
      consume(broker, jobsPerRound, concurrency),
      ...Array.from({ length: dispatchesInFlight }, dispatcher),
    ]);
    return (jobsPerRound * 1_000) / (performance.now() - startedAt);
  });
}

/** Microseconds a job while the backlog stays as long as it is: one is dispatched for each that is settled. */
async function costPerJob(broker: EmbeddedBroker): Promise<number> {
  const startedAt = performance.now();
  await consume(broker, jobsPerRound, 20, () => broker.enqueue([job()]));
  return ((performance.now() - startedAt) * 1_000) / jobsPerRound;
}

async function fill(broker: EmbeddedBroker, count: number): Promise<void> {
  for (let filled = 0; filled < count; filled += 1_000) {
    await broker.enqueue(Array.from({ length: 1_000 }, job));
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measureThroughput(): Promise<{ at20: number; at100: number }> {
  const at20: number[] = [];
  const at100: number[] = [];
  await throughput(20); // warms up
  for (let round = 0; round < rounds; round += 1) {
    at20.push(await throughput(20));
    at100.push(await throughput(100));
  }
  return { at20: median(at20), at100: median(at100) };
}

async function measureBacklog(): Promise<{ short: number; long: number }> {
  return withBroker((shortOne) =>
    withBroker(async (longOne) => {
      const short: number[] = [];
      const long: number[] = [];
      await fill(shortOne, backlogs.short);
      await fill(longOne, backlogs.long);
      for (let round = 0; round < rounds; round += 1) {
        short.push(await costPerJob(shortOne));
        long.push(await costPerJob(longOne));
      }
      return { short: median(short), long: median(long) };
    }),
  );
}

const perSecond = await measureThroughput();
const cost = await measureBacklog();
const ratio = cost.long / cost.short;

const table = new Table({ head: ['embedded queue, no-op jobs', 'measured', 'to reach'] });
const whole = (value: number): string => Math.round(value).toLocaleString('en');
table.push(
  ['dispatched and processed, concurrency 20', `${whole(perSecond.at20)} /s`, '3,000 /s'],
  ['dispatched and processed, concurrency 100', `${whole(perSecond.at100)} /s`, '3,000 /s'],
  [`cost of a job, ${whole(backlogs.short)} waiting`, `${cost.short.toFixed(1)} µs`, ''],
  [`cost of a job, ${whole(backlogs.long)} waiting`, `${cost.long.toFixed(1)} µs`, ''],
  ['ratio of the costs', ratio.toFixed(2), 'at most 1.2'],
);
console.log(table.toString());
console.log(
  JSON.stringify({
    bench: 'embedded-queue',
    rounds,
    deliveriesPerSecond: perSecond,
    microsecondsPerJob: cost,
    backlogRatio: ratio,
  }),
);
