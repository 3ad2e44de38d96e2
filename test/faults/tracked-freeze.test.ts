// A runtime that is frozen in the middle of a run and goes on later, as a machine does that was put to sleep: others take
// its execution over, and what it still has to say is refused by its fence. What the run wrote is rolled back with it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { tempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { empty } from './empty.js';
import type { FaultSite, FaultWorker } from './fault-site.js';
import { tell } from './load.js';
import { bookings, notBookedOnce, type RecordedExecution, recordOf, untruths } from './record.js';
import { now } from './side-effects.js';
import { trackedSite } from './tracked-site.js';

/** Without a sign of life or a heartbeat for so long, a worker is gone; and the others have to see it. */
const goneWithinMs = 90_000;
const runs = 3;

/** Starts runs in one worker, which is frozen in the middle of them; another one is ready then. */
async function frozenIn(
  site: FaultSite,
  task: string,
  payload: { readonly againWhen?: string } = {},
  whileAlone: () => Promise<unknown> = async () => undefined,
): Promise<{ ids: string[]; frozen: FaultWorker; frozenAt: number; other: FaultWorker }> {
  const frozen = site.startWorker();
  await frozen.ready;
  // Frozen by itself: from outside it could be too late on a busy machine.
  const ids = await site.dispatchAll(task, Array(runs).fill({ freezes: runs, ...payload }));
  await until(() => frozen.isFrozen);
  const frozenAt = now();
  await whileAlone();
  const other = site.startWorker();
  await other.ready;
  return { ids, frozen, frozenAt, other };
}

const startsIn = (site: FaultSite, { pid }: FaultWorker): number =>
  site.effects.all.filter((effect) => effect.pid === pid).length;

const rowsOf = async (site: FaultSite, ids: readonly string[]): Promise<RecordedExecution[]> =>
  (await recordOf(site)).filter(({ id }) => ids.includes(id));

const states = async (site: FaultSite, ids: readonly string[]): Promise<string[]> =>
  (await rowsOf(site, ids)).map(({ status }) => status);

const allSucceeded = async (site: FaultSite, ids: readonly string[]): Promise<boolean> =>
  (await states(site, ids)).every((state) => state === 'success');

/** Resolves when the table `worker` says nothing fresh of a worker any more. */
async function silent(site: FaultSite, { pid }: FaultWorker): Promise<void> {
  await until(async () => {
    const rows = await site.sql(
      'SELECT 1 FROM worker WHERE pid = ? AND beat_at > UTC_TIMESTAMP(6) - INTERVAL 15 SECOND',
      [pid],
    );
    return rows.length === 0;
  }, goneWithinMs);
}

interface WorkerLine {
  readonly message: string;
  readonly executionId?: string;
  readonly worker?: string;
  readonly error?: { readonly code: string };
}

const logOf = (site: FaultSite): WorkerLine[] =>
  site.workerLog().map((line): WorkerLine => JSON.parse(line));

const isRefusal = ({ message, worker }: WorkerLine, { pid }: FaultWorker): boolean =>
  message === 'complete refused' && worker?.endsWith(`:${pid}`) === true;

/** Log lines of a worker that say that a run could not record its success in its transaction. */
const refusals = (site: FaultSite, worker: FaultWorker): WorkerLine[] =>
  logOf(site).filter((line) => isRefusal(line, worker));

/**
 * Every run of a worker was refused as an earlier attempt by the record; or, where the worker had found out before that its
 * delivery is lost, by its own runtime, which cuts such a run off half a second later. Which of the two is first depends on
 * how long the database takes to answer. Both refuse the write; a run that was not lost may be refused by the record only.
 */
function expectRefused(site: FaultSite, worker: FaultWorker, ids: readonly string[]): void {
  const lines = logOf(site);
  const wasLost = ({ executionId }: WorkerLine, before: number): boolean =>
    lines.slice(0, before).some((line) => {
      const isLoss = line.message === 'the execution was lost, aborting its run';
      return isLoss && line.executionId === executionId;
    });
  const unexpected = lines.filter((line, index) => {
    if (!isRefusal(line, worker) || line.error?.code === 'SKEP_STALE_ATTEMPT') return false;
    return line.error?.code !== 'SKEP_SCOPE_CLOSED' || !wasLost(line, index);
  });
  expect(unexpected).toEqual([]);
  expect(refusals(site, worker).map(({ executionId }) => executionId)).toEqual(
    expect.arrayContaining([...ids]),
  );
}

/** The process that wrote the success which is on record. */
const writers = (rows: readonly RecordedExecution[]): Set<number> =>
  new Set(rows.map(({ result }) => (JSON.parse(result ?? '{}') as { pid: number }).pid));

describeWithRedisAndMaria('a runtime that is frozen in the middle of runs', () => {
  let servers: { readonly maria: MariaServer; readonly redis: RedisServer };
  beforeAll(async () => {
    servers = { maria: await MariaServer.create(), redis: await RedisServer.create() };
  }, 180_000);
  // A worker that was killed at the end of a test leaves its last claims behind.
  beforeEach(() => empty(servers.redis));
  afterAll(async () => {
    await servers.maria.remove();
    await servers.redis.remove();
  });

  it('and continued while another performs them: refused as an earlier attempt', async () => {
    await using site = await trackedSite({ servers });
    using folder = tempFolder();
    const againWhen = join(folder.path, 'refused');
    const { ids, frozen, frozenAt, other } = await frozenIn(site, 'book', { againWhen });
    await until(() => startsIn(site, other) === runs, goneWithinMs);
    tell('a worker frozen, its runs begun again by another one after', [(now() - frozenAt) / 1e6]);
    frozen.thaw();
    await until(() => refusals(site, frozen).length === runs);
    expect(await states(site, ids)).toEqual(Array(runs).fill('running'));
    writeFileSync(againWhen, '');
    await until(() => allSucceeded(site, ids));

    expectRefused(site, frozen, ids);
    await expectTheOthers(site, ids, other);
    expect([frozen, other].filter(({ hasEnded }) => hasEnded)).toEqual([]);
  }, 180_000);

  it('and continued after its heartbeat is over and others have ended them', async () => {
    await using site = await trackedSite({ servers });
    const { ids, frozen, other } = await frozenIn(site, 'book');
    await silent(site, frozen);
    await until(() => allSucceeded(site, ids), goneWithinMs);
    frozen.thaw();
    await until(() => refusals(site, frozen).length === runs);

    expectRefused(site, frozen, ids);
    await expectTheOthers(site, ids, other);
    // It lives, and takes part again: which of the two takes what is not said.
    const more: string[] = [];
    await until(async () => {
      more.push(...(await site.dispatchAll('book', Array(40).fill({ ms: 20 }))));
      await until(() => allSucceeded(site, more));
      return startsIn(site, frozen) > runs;
    });
    expect(await untruths(site, more)).toEqual([]);
  }, 270_000);

  it('and forgotten by its queue: taken over by its heartbeat in the database', async () => {
    await using site = await trackedSite({ servers });
    const { ids, frozen, frozenAt, other } = await frozenIn(site, 'book', {}, () =>
      empty(servers.redis),
    );
    await until(() => startsIn(site, other) === runs, goneWithinMs);
    tell('a worker frozen and its queue emptied, its runs begun again after', [
      (now() - frozenAt) / 1e6,
    ]);
    await until(() => allSucceeded(site, ids));
    frozen.thaw();
    await until(() => refusals(site, frozen).length === runs);

    expectRefused(site, frozen, ids);
    await expectTheOthers(site, ids, other);
  }, 270_000);

  it('between its complete and its commit: what it has locked stops nobody else, and it counts', async () => {
    await using site = await trackedSite({ servers });
    const { ids, frozen, other } = await frozenIn(site, 'book_slowly');
    // The other one is given them, too, and cannot know how they end.
    await until(
      async () => (await site.views(ids)).every((view) => view?.crashes === 1),
      goneWithinMs,
    );
    const at = now();
    const more = await site.dispatchAll('book', Array(40).fill({ ms: 20 }));
    await until(() => allSucceeded(site, more));
    tell('executions beside locked ones dispatched and ended in', [(now() - at) / 1e6]);
    frozen.thaw();
    await until(() => allSucceeded(site, ids), goneWithinMs);

    expect(writers(await rowsOf(site, ids))).toEqual(new Set([frozen.pid]));
    expect(startsIn(site, other)).toBe(more.length);
    expect(await notBookedOnce(site, ['book', 'book_slowly'])).toEqual([]);
  }, 270_000);
});

/** The attempts of the other one count, and nothing of the first ones is left. */
async function expectTheOthers(
  site: FaultSite,
  ids: readonly string[],
  other: FaultWorker,
): Promise<void> {
  const rows = await rowsOf(site, ids);
  expect(rows).toHaveLength(runs);
  expect(rows.map(({ attempts, crashes, retries }) => ({ attempts, crashes, retries }))).toEqual(
    Array(runs).fill({ attempts: 2, crashes: 1, retries: 0 }),
  );
  expect(writers(rows)).toEqual(new Set([other.pid]));
  expect(await untruths(site, ids)).toEqual([]);
  expect(await bookings(site)).toEqual(new Map(ids.map((id) => [id, 1])));
}
