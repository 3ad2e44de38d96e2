// The proof of crash points: at each of them a process dies in the course of an execution of its own; then a fresh worker
// goes on with all that was left behind.
import { isFinal } from '../../src/core/execution.js';
import { until } from '../support/until.js';
import { wrongs } from './crash-account.js';
import type { CrashPoint } from './crash-points.js';
import { CrashSite, type Death, type SiteServers } from './crash-site.js';
import { tell } from './load.js';

/** As many processes as there are points, one after the other on each of two installations: minutes on a busy machine. */
export const timeoutMs = 600_000;
/** What no queue ever had is found by the reconciler alone, which gives a dispatch 10 s before it doubts it. */
const patienceMs = 90_000;

/** Has a fresh worker go on until there is nothing left to do. Resolves with how long that took, in milliseconds. */
async function recover(site: CrashSite): Promise<number> {
  const startedAt = performance.now();
  await site.startWorker();
  await until(async () => {
    const rows = await site.records.executions();
    if (!rows.every(({ status }) => isFinal(status))) return false;
    // The relay deletes what it has passed on, which may have run by then.
    return (await site.broker.queues()).length === 0 && (await site.records.outbox()) === 0;
  }, patienceMs);
  return performance.now() - startedAt;
}

interface Proof {
  /** What does not agree. */
  readonly wrong: readonly string[];
  readonly recoveryMs: number;
}

/**
 * Proves some points on an installation of their own, one after the other: a second process beside the one that is to
 * die could take its work from it.
 */
async function prove(points: readonly CrashPoint[], servers?: SiteServers): Promise<Proof> {
  await using site = await CrashSite.create(servers);
  const deaths: Death[] = [];
  for (const point of points) deaths.push(await site.dieAt(point));
  const missed = deaths.filter(({ reached }) => !reached);
  const recoveryMs = await recover(site);
  const wrong = missed.map(({ point }) => `${point}: never reached`);
  return { wrong: [...wrong, ...(await wrongs(site, deaths))], recoveryMs };
}

/** Two installations side by side, each with every other point. */
export async function proveAll(
  engines: string,
  points: readonly CrashPoint[],
  servers: readonly [SiteServers | undefined, SiteServers | undefined],
): Promise<void> {
  const settled = await Promise.allSettled(
    servers.map((some, side) => {
      const own = points.filter((_, index) => index % servers.length === side);
      return prove(own, some);
    }),
  );
  // Not before both have ended.
  const proofs = settled.map(fulfilled);
  const what = `${engines}, ${points.length} crash points: start of a worker to the last end`;
  tell(
    what,
    proofs.map(({ recoveryMs }) => recoveryMs),
  );
  expect(proofs.flatMap(({ wrong }) => wrong)).toEqual([]);
}

function fulfilled<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** The title of the proof. */
export const what = 'lose nothing, repeat nothing that was completed, and count each crash once';
