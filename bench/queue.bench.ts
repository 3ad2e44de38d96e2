// Queues on one Redis, side by side: Skep the whole way, raw bee-queue, BullMQ and, where it is installed, Celery. Every
// peer dispatches in one process and works in another; rounds alternate between the peers, medians (of rates) and
// percentiles over all rounds (of times) are taken; prints tables and one line of JSON.
// SKEP_BENCH_ROUNDS and SKEP_BENCH_JOBS make it shorter.
import { availableParallelism } from 'node:os';
import { backlogs, measureBacklog } from './queue/backlog.js';
import { Celery } from './queue/celery.js';
import { Pair } from './queue/pair.js';
import { type PeerName, peerNames } from './queue/peer.js';
import { PrivateRedis } from './queue/private-redis.js';
import { type Figure, type Figures, percentiles, print, ratios } from './queue/report.js';
import { median } from './support/median.js';
import { percentile } from './support/percentile.js';

const rounds = Number(process.env.SKEP_BENCH_ROUNDS ?? 5);
const jobs = Number(process.env.SKEP_BENCH_JOBS ?? 20_000);
const jobsPerCall = 1_000;
const dispatchesPerRound = Math.ceil(2_000 / rounds);
const idleStarts = Math.ceil(500 / rounds);
const pauseMs = 10;
/** Processes; for work that does nothing but compute, as many as there are processors are the fastest. */
const celeryConcurrency = availableParallelism();

type Samples = Record<PeerName, number[]>;
const none = (): Samples => ({ skep: [], 'bee-queue': [], bullmq: [] });
const samples = {
  at20: none(),
  at100: none(),
  bulk: none(),
  dispatches: none(),
  starts: none(),
};
const celerySamples = {
  processed: [] as number[],
  dispatched: [] as number[],
  taken: [] as number[],
};

const redis = await PrivateRedis.create();
const pairOf = (peer: PeerName): [PeerName, Pair] => [peer, new Pair(peer, redis.url)];
const pairs = peerNames.map(pairOf);
const celery = await Celery.start(redis.url);

/** Round 0 warms up, and is not counted. */
async function measure(round: number, peer: PeerName, pair: Pair): Promise<void> {
  const counts = round > 0;
  for (const concurrency of [20, 100]) {
    const queue = `at${concurrency}-${round}`;
    // While another one is measured, a process idles: its memory shrinks, its code is forgotten. What is measured is a
    // worker under load, so it has had some of the same just before.
    await pair.throughput({ queue: `before-${queue}`, jobs, jobsPerCall, concurrency });
    const rates = await pair.throughput({ queue, jobs, jobsPerCall, concurrency });
    await redis.clear();
    if (!counts) continue;
    samples[concurrency === 20 ? 'at20' : 'at100'][peer].push(rates.processed);
    samples.bulk[peer].push(rates.dispatched);
  }
  // Likewise: a process that dispatches, not one that begins to.
  await pair.dispatches(`before-single-${round}`, dispatchesPerRound);
  const dispatches = await pair.dispatches(`single-${round}`, dispatchesPerRound);
  await redis.clear();
  const starts = await pair.starts(`idle-${round}`, idleStarts, pauseMs);
  await redis.clear();
  if (!counts) return;
  samples.dispatches[peer].push(...dispatches);
  samples.starts[peer].push(...starts);
}

async function measureCelery(round: number): Promise<void> {
  if (celery === undefined) return;
  const dispatched = await celery.dispatch(dispatchesPerRound);
  await redis.clear();
  const seconds = await celery.process(jobs, celeryConcurrency);
  await redis.clear();
  if (round === 0) return;
  celerySamples.processed.push(jobs / seconds);
  celerySamples.dispatched.push(dispatched.taken.length / dispatched.seconds);
  celerySamples.taken.push(...dispatched.taken);
}

const mediansOf = (values: Samples): Record<PeerName, number> => ({
  skep: median(values.skep),
  'bee-queue': median(values['bee-queue']),
  bullmq: median(values.bullmq),
});

function figures(): Figures {
  const dispatch = percentiles(samples.dispatches);
  const start = percentiles(samples.starts);
  const ofCelery = (value: number): Pick<Figure, 'celery'> => (celery ? { celery: value } : {});
  return {
    // Celery's workers are processes: one figure, at its own concurrency.
    processingAt20: { ...mediansOf(samples.at20), ...ofCelery(median(celerySamples.processed)) },
    processingAt100: mediansOf(samples.at100),
    // It has no call for many.
    bulkDispatch: { ...mediansOf(samples.bulk), ...ofCelery(median(celerySamples.dispatched)) },
    dispatchP50: { ...dispatch.p50, ...ofCelery(percentile(celerySamples.taken, 0.5)) },
    dispatchP99: { ...dispatch.p99, ...ofCelery(percentile(celerySamples.taken, 0.99)) },
    startP50: start.p50,
    startP99: start.p99,
  };
}

try {
  for (let round = 0; round <= rounds; round += 1) {
    // Another one first each time.
    const first = round % pairs.length;
    for (const [peer, pair] of [...pairs.slice(first), ...pairs.slice(0, first)]) {
      await measure(round, peer, pair);
    }
    await measureCelery(round);
  }
  const skep = new Pair('skep', redis.url);
  const backlog = await measureBacklog(skep, rounds, jobs);
  await skep.end();

  const measured = figures();
  print(measured, backlog);
  if (celery) {
    console.log(
      `Celery ${celery.version}: -P prefork -c ${celeryConcurrency}, acks_late, ignore_result, ` +
        'worker_prefetch_multiplier 64, no events, gossip, mingle or heartbeat; processing from the worker being ready.',
    );
  }
  const ratiosOf = Object.fromEntries(
    Object.entries(measured).map(([name, figure]) => [name, ratios(figure)]),
  );
  console.log(
    JSON.stringify({
      bench: 'queue',
      redis: await redis.version(),
      rounds,
      jobs,
      figures: measured,
      ratios: ratiosOf,
      backlogs,
      backlog,
      backlogRatio: backlog.long / backlog.short,
      celery: celery && { version: celery.version, concurrency: celeryConcurrency },
    }),
  );
} finally {
  await Promise.all(pairs.map(([, pair]) => pair.end()));
  await celery?.end();
  await redis.remove();
}
