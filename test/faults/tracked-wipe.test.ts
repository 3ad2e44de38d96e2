// The queue loses its memory under load, twice: Redis is emptied beside three workers, and the file of the embedded queue
// is deleted while its runtime is not there. What was acknowledged is on record, and all of it happens: at once, delayed
// or retried, with its effects in the database written once.
import { rmSync } from 'node:fs';
import { duration } from '../../src/core/duration.js';
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { empty } from './empty.js';
import { type FaultSite, scale } from './fault-site.js';
import { type Dispatching, Load, tell } from './load.js';
import { isQuiet, notBookedOnce, recordOf, untruths } from './record.js';
import { now, overlaps } from './side-effects.js';
import { trackedSite } from './tracked-site.js';

const wipes = 2 * scale;
const backlog = 300;
/** A round of the reconciler, its second look, and what is to be done then. */
const withinMs = 60_000;

const upTo = (most: number): number => Math.floor(Math.random() * (most + 1));

/** Of every kind: at once, delayed, retried, and both. */
function anything(): Dispatching {
  return {
    task: Math.random() < 0.6 ? 'book' : 'labour',
    payload: { ms: upTo(40), failures: Math.random() < 0.3 ? 1 : 0 },
    ...(Math.random() < 0.3 ? { options: { delay: duration(200 + upTo(2_000), 'ms') } } : {}),
  };
}

const dispatchSome = (site: FaultSite, count: number): Promise<string[]> =>
  site.dispatchEach(Array.from({ length: count }, anything));

/** Resolves with the milliseconds until nothing of what had not ended at first is left. */
async function recovery(site: FaultSite): Promise<number> {
  const from = now();
  const lost = (await recordOf(site)).filter(({ completed_at }) => completed_at === null);
  const open = new Set(lost.map(({ id }) => id));
  await until(async () => {
    const rows = await recordOf(site);
    return !rows.some(({ id, completed_at }) => completed_at === null && open.has(id));
  }, withinMs);
  return (now() - from) / 1e6;
}

async function expectNothingLost(site: FaultSite, ids: readonly string[]): Promise<void> {
  expect(await untruths(site, ids)).toEqual([]);
  expect(await notBookedOnce(site, ['book'])).toEqual([]);
  expect(overlaps(site.effects, site.diedAt)).toEqual([]);
}

describeWithRedisAndMaria('Redis emptied under load', () => {
  it(
    'loses nothing that is on record',
    async () => {
      await using maria = await MariaServer.create();
      await using redis = await RedisServer.create();
      await using site = await trackedSite({ servers: { maria, redis } });
      const workers = Array.from({ length: 3 }, () => site.startWorker());
      await Promise.all(workers.map(({ ready }) => ready));
      const load = new Load(site, anything);

      const ids: string[] = [];
      const recoveries: number[] = [];
      for (let wipe = 0; wipe < wipes; wipe += 1) {
        const goal = site.effects.ended + 50;
        ids.push(...(await dispatchSome(site, backlog)));
        await until(() => site.effects.ended >= goal);
        await empty(redis);
        recoveries.push(await recovery(site));
      }
      await load.end();
      await until(() => isQuiet(site), withinMs);
      tell('Redis emptied to the end of the last execution that it held', recoveries);

      expect(load.refused).toEqual([]);
      expect(workers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
      await expectNothingLost(site, [...ids, ...load.ids]);
    },
    180_000 + 30_000 * scale,
  );
});

describe('the file of the embedded queue deleted', () => {
  it(
    'loses nothing that is on record',
    async () => {
      await using site = await trackedSite({});
      const ids: string[] = [];
      const recoveries: number[] = [];
      for (let wipe = 0; wipe < wipes; wipe += 1) {
        const worker = site.startWorker();
        await worker.ready;
        const goal = site.effects.ended + 50;
        ids.push(...(await dispatchSome(site, backlog)));
        await until(() => site.effects.ended >= goal);
        await worker.kill();
        await site.whileClosed(() => {
          for (const end of ['', '-wal', '-shm'])
            rmSync(`${site.queueFile}${end}`, { force: true });
        });
        const successor = site.startWorker();
        await successor.ready;
        recoveries.push(await recovery(site));
        await successor.kill();
      }
      tell('the embedded queue deleted to the end of the last execution that it held', recoveries);

      expect(await isQuiet(site)).toBe(true);
      await expectNothingLost(site, ids);
    },
    180_000 + 30_000 * scale,
  );
});
