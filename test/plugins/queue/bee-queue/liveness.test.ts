// Alive, slow, frozen, dead: who keeps what it holds, and who loses it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Interruption } from '../../../../src/core/ports/broker.js';
import { entries, entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('signs of life of a worker', () => {
  const redis = freshRedis('liveness');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  /** A worker in a process of its own; it tells what befalls its deliveries. */
  async function worker(): Promise<{
    child: ReturnType<typeof fork>;
    heard: string[];
    has: (message: string) => Promise<void>;
  }> {
    const script = new URL('./blocking-worker.ts', import.meta.url);
    const child = fork(script, [harness.url, harness.prefix], { execArgv: ['--import', 'tsx'] });
    const heard: string[] = [];
    child.on('message', (message) => heard.push(String(message)));
    const has = (message: string): Promise<void> => until(() => heard.includes(message));
    await has('ready');
    return { child, heard, has };
  }

  it('does not take a worker for dead whose event loop is blocked', async () => {
    const broker = await harness.open();
    const queued = entry({ payload: 'block' });
    await broker.enqueue([queued]);
    const { child, heard, has } = await worker();
    await has(`started ${idOf(queued)}`);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await has(`settled ${idOf(queued)}`);
    expect(inbox.size).toBe(0);
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success', crashes: 0 });
    expect(heard).not.toContain('lost');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('gives the work of a frozen worker to another, tells it when it thaws, and refuses what it says', async () => {
    const broker = await harness.open();
    const queued = entry({ payload: 'hold' });
    await broker.enqueue([queued]);
    const { child, has } = await worker();
    await has(`started ${idOf(queued)}`);
    child.kill('SIGSTOP');
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const again = await inbox.next();
    expect(again).toMatchObject({ id: idOf(queued), crashes: 1 });
    child.kill('SIGCONT');
    await has('lost');
    await has(`refused ${idOf(queued)} SKEP_STALE_DELIVERY`);
    await again.settle(final('success', { attempt: 2 }));
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success', attempt: 2 });
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('has one suspect out at a time, so that a poison task takes no neighbour into quarantine', async () => {
    const broker = await harness.open();
    const three = entries(3);
    await broker.enqueue(three);
    for (let crash = 0; crash < 2; crash += 1) await harness.crashHolding('default', 3);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 10, ...inbox });
    const fresh = entry();
    await broker.enqueue([fresh]);
    const out: string[] = [];
    for (let left = 3; left > 0; left -= 1) {
      let delivery = await inbox.next();
      // What has not crashed goes beside.
      if (delivery.id === idOf(fresh)) {
        await delivery.settle(final());
        delivery = await inbox.next();
      }
      expect(delivery.crashes).toBe(2);
      out.push(delivery.id);
      await until(async () => (await broker.queues()).some(({ active }) => active === 1));
      expect(inbox.size).toBe(0);
      await delivery.settle(final());
    }
    expect(new Set(out)).toEqual(new Set(three.map(idOf)));
  });

  it('tells a delivery that is lost once, also when it is back in the same process', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const first = await inbox.next();
    const told: Interruption[] = [];
    first.onInterrupt((why) => told.push(why));
    // As bee-queue's stall check does with what it takes for dead.
    const id = idOf(queued);
    await harness.redis.lrem(harness.key('default', 'active'), 0, id);
    await harness.redis.rpush(harness.key('default', 'waiting'), id);
    const second = await inbox.next();
    expect(second).toMatchObject({ id, crashes: 1 });
    await until(() => told.length > 0);
    expect(told).toEqual(['lost']);
    await expect(first.settle(final())).rejects.toMatchObject({ code: 'SKEP_STALE_DELIVERY' });
    await second.settle(final());
  });
});
