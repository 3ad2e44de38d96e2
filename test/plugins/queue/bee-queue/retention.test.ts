// History on Redis: finished executions are forgotten after the time that plugins.json gives them.
import { entries, final, idOf } from '../../../support/executions.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('the history of the bee-queue broker', () => {
  const redis = freshRedis('retention');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  /** Has all that ended so far have ended so much earlier; in one step, for what is old enough then is forgotten at once. */
  async function age(ms: number): Promise<void> {
    const log = harness.key('default', 'finishedLog');
    const entries = await harness.redis.lrange(log, 0, -1);
    const writing = harness.redis.multi();
    for (const [index, each] of entries.entries()) {
      const [time, id] = each.split('|');
      writing.lset(log, index, `${Number(time) - ms}|${id}`);
    }
    await writing.exec();
  }

  it('forgets what ended longer ago than keepFinishedFor, and nothing else', async () => {
    const broker = await harness.open({ keepFinishedFor: '2h', pruneEvery: '100ms' });
    await broker.consume({
      lanes: ['default'],
      concurrency: 5,
      deliver: (delivery) => delivery.settle(final()),
    });
    const finish = async (count: number): Promise<string[]> => {
      const some = entries(count);
      await broker.enqueue(some.map(({ envelope }) => ({ envelope, availableAt: 0 })));
      const ids = some.map(idOf);
      await Promise.all(ids.map((id) => broker.waitForFinal(id)));
      return ids;
    };
    const old = await finish(3);
    await age(90 * 60_000);
    const young = await finish(2);
    await age(60 * 60_000);
    const known = async (ids: readonly string[]): Promise<unknown[]> =>
      (await Promise.all(ids.map((id) => broker.find(id)))).filter((view) => view !== undefined);
    await until(async () => (await known(old)).length === 0);
    expect(await known(young)).toHaveLength(2);
  });
});
