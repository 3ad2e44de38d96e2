// Two runtimes whose clocks are 90 s apart, neither of them right: both perform tracked executions, neither takes the other
// for dead, and of schedules, whose clock is the database's, every time is run once.
import { isDeepStrictEqual } from 'node:util';
import { duration } from '../../src/core/duration.js';
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import type { FaultSite } from './fault-site.js';
import { isQuiet, notBookedOnce, recordOf, untruths } from './record.js';
import { accountOf, areOver, createSchedule, type Ticking } from './ticks.js';
import { trackedSite } from './tracked-site.js';

const wrongByMs = 45_000;
/** A worker without a heartbeat is gone after 15 s, so its run would be begun again within this one. */
const longMs = 22_000;
const longRuns = 12;
const withinMs = 135_000;

const upTo = (most: number): number => Math.floor(Math.random() * (most + 1));

describeWithRedisAndMaria('two runtimes with clocks 90 s apart', () => {
  it('share executions and schedules; nothing is lost, repeated or taken for dead', async () => {
    await using maria = await MariaServer.create();
    await using redis = await RedisServer.create();
    await using site = await trackedSite({
      servers: { maria, redis },
      config: { queues: { default: { concurrency: 20 } } },
    });
    const workers = [-wrongByMs, wrongByMs].map((ms) =>
      site.startWorker({ SKEP_FAULT_CLOCK: String(ms) }),
    );
    await Promise.all(workers.map(({ ready }) => ready));

    const long = await site.dispatchAll('labour', Array(longRuns).fill({ ms: longMs }));
    const startsAt = Math.ceil(Date.now() / 1_000 + 3) * 1_000;
    const planned = Array.from({ length: 3 }, (_, index) => ({
      name: `second-${index}`,
      everyMs: 1_000,
      startsAt: startsAt + index * 300,
      endsAt: startsAt + index * 300 + 10_000,
      isStrict: true,
      runMs: 10,
    }));
    const schedules: Ticking[] = [];
    for (const each of planned) schedules.push(await createSchedule(site, each));
    const short = await site.dispatchEach(
      Array.from({ length: 300 }, (_, index) => ({
        task: 'book',
        payload: { ms: upTo(30), failures: index % 3 === 0 ? 1 : 0 },
        ...(index % 4 === 0 ? { options: { delay: duration(upTo(3_000), 'ms') } } : {}),
      })),
    );
    await until(async () => (await areOver(site)) && (await isQuiet(site)), withinMs);

    const account = await accountOf(site, schedules);
    expect(account).toEqual({ run: expect.any(Number), skipped: 0, wrong: [] });
    const isInTime = schedules.every(({ startsAt: from, createdBy = from }) => createdBy < from);
    if (isInTime) expect(account.run).toBe(3 * 11);
    const pids = workers.map(({ pid }) => pid).sort();
    const areAll = (some: readonly { readonly pid: number }[]): boolean =>
      isDeepStrictEqual(some.map(({ pid }) => pid).sort(), pids);
    // A beat may be late on a busy machine, and the next one is not.
    await until(async () => {
      const beating = await site.sql<{ pid: number }>(
        'SELECT pid FROM worker WHERE beat_at > UTC_TIMESTAMP(6) - INTERVAL 10 SECOND',
      );
      return areAll(beating);
    });
    // As `skep workers` shows them, in a process with a third clock.
    await until(async () => areAll(await site.broker.workers()));
    const rows = await recordOf(site);
    expect(rows.filter(({ crashes }) => crashes > 0)).toEqual([]);
    expect(await untruths(site, [...long, ...short])).toEqual([]);
    expect(await notBookedOnce(site, ['book', 'tick'])).toEqual([]);
    expect(new Set(long.flatMap((id) => runnersOf(site, id)))).toEqual(new Set(pids));
  }, 270_000);
});

const runnersOf = (site: FaultSite, id: string): number[] =>
  (site.effects.byExecution().get(id) ?? []).map(({ pid }) => pid);
