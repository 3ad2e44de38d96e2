// Fifty schedules that are due every second or two, while runtimes are killed at random moments and replaced, and MariaDB
// is restarted: no time is run twice, and each is on record, as run or as skipped with the reason. The record is
// compared with the log of side effects, in which runs tell for which time they ran.
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import { type FaultSite, type FaultWorker, scale } from './fault-site.js';
import { tell } from './load.js';
import { isQuiet, notBookedOnce } from './record.js';
import { accountOf, areOver, createSchedule, type Ticking } from './ticks.js';
import { trackedSite } from './tracked-site.js';

const forMs = 14_000 * scale;
const quietWithinMs = 90_000;

const upTo = (most: number): number => Math.floor(Math.random() * (most + 1));

/** Every second one is to be run at all of its times; the others may skip some. */
async function createSchedules(site: FaultSite, count: number): Promise<Ticking[]> {
  const startsAt = Date.now() + 3_000;
  const all = Array.from({ length: count }, (_, index) => {
    const everyMs = [1_000, 1_500, 2_000][index % 3] ?? 1_000;
    const own = startsAt + upTo(1_000);
    return {
      name: `schedule-${index}`,
      everyMs,
      startsAt: own,
      endsAt: own + forMs,
      isStrict: index % 2 === 0,
      runMs: upTo(150),
    };
  });
  const created: Ticking[] = [];
  for (const each of all) created.push(await createSchedule(site, each));
  return created;
}

/** Kills one of the workers after some more runs, or when there are no more, and has another take its place. */
async function killOne(site: FaultSite, workers: FaultWorker[]): Promise<void> {
  const goal = site.effects.all.length + 1 + upTo(60);
  await until(async () => site.effects.all.length >= goal || (await areOver(site)));
  await until(() => workers.some(({ isReady }) => isReady));
  const ready = workers.filter(({ isReady }) => isReady);
  const victim = ready[upTo(ready.length - 1)];
  if (victim === undefined) throw new Error('no worker is ready');
  await victim.kill();
  workers[workers.indexOf(victim)] = site.startWorker();
}

async function expectEveryTime(site: FaultSite, schedules: readonly Ticking[]): Promise<void> {
  await until(async () => (await areOver(site)) && (await isQuiet(site)), forMs + quietWithinMs);
  const { wrong, run, skipped } = await accountOf(site, schedules);
  tell(
    `times of ${schedules.length} schedules: ${run} run, ${skipped} skipped, after the last one`,
    [Date.now() - Math.max(...schedules.map(({ endsAt }) => endsAt))],
  );
  expect(wrong).toEqual([]);
  expect(await notBookedOnce(site, ['tick'])).toEqual([]);
}

describeWithRedisAndMaria(
  'schedules of three runtimes that die, and a database that restarts',
  () => {
    it(
      'run every time once, or say why not',
      async () => {
        await using maria = await MariaServer.create();
        await using redis = await RedisServer.create();
        await using site = await trackedSite({ servers: { maria, redis } });
        const workers = Array.from({ length: 3 }, () => site.startWorker());
        await Promise.all(workers.map(({ ready }) => ready));
        const schedules = await createSchedules(site, 50);
        const kills = 4 * scale;
        for (let kill = 0; kill < kills; kill += 1) {
          await killOne(site, workers);
          if (kill !== Math.floor(kills / 2)) continue;
          await maria.kill();
          await maria.start();
        }
        await expectEveryTime(site, schedules);
      },
      270_000 * scale,
    );
  },
);

describe('schedules of one runtime on SQLite that dies', () => {
  it(
    'run every time once, or say why not',
    async () => {
      await using site = await trackedSite({});
      const workers = [site.startWorker()];
      await Promise.all(workers.map(({ ready }) => ready));
      const schedules = await createSchedules(site, 20);
      for (let kill = 0; kill < 3 * scale; kill += 1) await killOne(site, workers);
      await expectEveryTime(site, schedules);
    },
    270_000 * scale,
  );
});
