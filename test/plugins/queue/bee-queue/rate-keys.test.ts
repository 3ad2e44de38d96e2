// What Redis keeps of the starts of a task with a rate: those of the last window and the reserved ones, and no older ones,
// however long the task has been at work.
import type { Delivery } from '../../../../src/core/ports/broker.js';
import { entry, final } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

/** So long that no pause of a process moves a time from one side of the window to the other. */
const windowMs = 3_600_000;

describeWithRedis('the starts of a task with a rate', () => {
  const redis = freshRedis('rate_keys');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix, '10m');
  });
  afterEach(() => harness.dispose());

  const starts = () => harness.key('default', 'flow:noop:starts');
  const reserved = () => harness.key('default', 'flow:noop:reserved');
  const agoInWindows = (windows: number): number => Date.now() - windows * windowMs;

  async function deliver(): Promise<Delivery> {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await broker.enqueue([entry()]);
    return inbox.next();
  }
  const admit = (delivery: Delivery, count: number) =>
    delivery.admit({ task: 'noop', concurrency: undefined, rate: { count, windowMs } });

  it('are forgotten as soon as the window has passed over them', async () => {
    const delivery = await deliver();
    await harness.redis.zadd(starts(), agoInWindows(1.5), 'old', agoInWindows(0.5), 'recent');
    expect(await admit(delivery, 5)).toMatchObject({ admitted: true });
    const kept = await harness.redis.zrange(starts(), 0, -1);
    expect(kept).toHaveLength(2);
    expect(kept[0]).toBe('recent');
    expect(kept[1]).toContain(delivery.id);
    await delivery.settle(final());
  });

  it('are forgotten also when the one that asks may not start', async () => {
    const delivery = await deliver();
    await harness.redis.zadd(starts(), agoInWindows(1.5), 'old', agoInWindows(0.5), 'recent');
    expect(await admit(delivery, 1)).toMatchObject({ admitted: false });
    expect(await harness.redis.zrange(starts(), 0, -1)).toEqual(['recent']);
    await delivery.settle(final());
  });

  it('are given to others when who had reserved one does not come', async () => {
    const delivery = await deliver();
    await harness.redis.zadd(reserved(), agoInWindows(0.5), '|cancelled');
    expect(await admit(delivery, 1)).toMatchObject({ admitted: true });
    expect(await harness.redis.zcard(reserved())).toBe(0);
    await delivery.settle(final());
  });
});
