// Someone empties the server while everybody is connected: what is queued from then on is found again.
import { entry, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('on a Redis that is emptied', () => {
  const redis = freshRedis('emptied');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  async function empty(): Promise<void> {
    const keys = await harness.redis.keys(`${redis.prefix}:*`);
    await harness.redis.del(...keys);
  }

  it('a queue in which something is queued after that is listed again', async () => {
    const broker = await harness.open();
    const lost = entry({ queue: 'mail' });
    await broker.enqueue([lost]);
    await empty();
    expect(await broker.holds([idOf(lost)])).toEqual(new Set());
    await broker.enqueue([lost]);
    expect(await broker.holds([idOf(lost)])).toEqual(new Set([idOf(lost)]));
    expect(await broker.queues()).toMatchObject([{ name: 'mail', waiting: 1 }]);
  });

  it('the queues that are consumed are listed again by themselves', async () => {
    const broker = await harness.open();
    await broker.consume({ lanes: ['mail', 'mail:low'], concurrency: 1, ...new Inbox() });
    await empty();
    await until(async () => (await harness.redis.smembers(`${redis.prefix}:queues`)).length === 2);
  });
});
