// A runtime that is frozen while it holds what others pass over: schedules that are due, and dispatches on their way to
// the queue. The server gives up on its transaction; then others go on, and it does so itself when it is continued.
import { describeWithRedisAndMaria } from '../support/redis.js';
import { MariaServer } from '../support/servers/mariadb-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { until } from '../support/until.js';
import type { FaultSite, FaultWorker } from './fault-site.js';
import type { Holder } from './freeze-holding.js';
import { tell } from './load.js';
import { notBookedOnce, recordOf } from './record.js';
import { now } from './side-effects.js';
import { accountOf, createSchedule, type Ticking } from './ticks.js';
import { trackedSite } from './tracked-site.js';

/** The server waits for half a minute. */
const givenUpWithinMs = 120_000;

/** A worker that freezes itself when it holds rows of a table; resolves then. */
async function frozenWith(
  site: FaultSite,
  holder: Holder,
  table: string,
  fill: () => Promise<void>,
): Promise<FaultWorker> {
  const frozen = site.startWorker({ SKEP_FAULT_FREEZE: holder });
  await frozen.ready;
  await fill();
  await until(() => frozen.isFrozen);
  const rows = `SELECT 1 FROM ${table}`;
  expect(await site.sql(`${rows} FOR UPDATE SKIP LOCKED`)).toEqual([]);
  expect(await site.sql(rows)).toHaveLength(3);
  return frozen;
}

/** Three times each. */
function schedulesOf(count: number): Ticking[] {
  const startsAt = Date.now() + 8_000;
  return Array.from({ length: count }, (_, index) => ({
    name: `schedule-${index}`,
    everyMs: 1_000,
    startsAt,
    endsAt: startsAt + 2_000,
    isStrict: true,
    runMs: 0,
  }));
}

describeWithRedisAndMaria('a runtime that is frozen while it holds what others pass over', () => {
  it('stops the others for as long as its server waits, and loses and repeats nothing', async () => {
    await using maria = await MariaServer.create();
    await using redis = await RedisServer.create();
    await using site = await trackedSite({ servers: { maria, redis } });
    const schedules: Ticking[] = [];
    const scheduling = await frozenWith(site, 'scheduler', 'schedule', async () => {
      schedules.push(...schedulesOf(3));
      for (const each of schedules) await createSchedule(site, each);
    });
    const ids: string[] = [];
    const relaying = await frozenWith(site, 'relay', 'execution_outbox', async () => {
      ids.push(...(await site.dispatchWithin('book', Array(3).fill({}))));
    });
    const frozenAt = now();
    const other = site.startWorker();
    await other.ready;
    await until(async () => {
      const ended = (await recordOf(site)).filter(({ status }) => status === 'success');
      return ended.length === ids.length + 3 * schedules.length;
    }, givenUpWithinMs);
    tell('what frozen runtimes held scheduled, passed on and ended by another after', [
      (now() - frozenAt) / 1e6,
    ]);

    const frozen = [scheduling, relaying];
    for (const each of frozen) each.thaw();
    // They live, and take part again: they are ready for what comes.
    await other.kill();
    const more = await site.dispatchWithin('book', Array(40).fill({ ms: 20 }));
    await site.broker.waitForEmpty(AbortSignal.timeout(givenUpWithinMs));
    await until(async () => {
      const rows = await recordOf(site);
      return (
        rows.filter(({ id, status }) => more.includes(id) && status === 'success').length === 40
      );
    });
    expect(frozen.filter(({ hasEnded }) => hasEnded)).toEqual([]);
    expect((await accountOf(site, schedules)).wrong).toEqual([]);
    expect(await notBookedOnce(site, ['tick', 'book'])).toEqual([]);
  }, 360_000);
});
