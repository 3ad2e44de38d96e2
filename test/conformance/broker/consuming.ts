// Consumers: slots, queues apart from each other, stopping, and callbacks that fail.
import { entries, entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { until } from '../../support/until.js';
import { aFullRound } from './barrier.js';
import type { CurrentHarness } from './harness.js';

export function consumingTests(harness: CurrentHarness): void {
  it('has no more deliveries out than the concurrency, and fills each slot that is freed', async () => {
    const broker = await harness().open();
    await broker.enqueue(entries(7));
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 3, ...inbox });
    const out = await inbox.take(3);
    for (let left = 4; left > 0; left -= 1) {
      await aFullRound(broker);
      expect(inbox.size).toBe(0);
      expect(await broker.queues()).toMatchObject([{ waiting: left, active: 3, paused: false }]);
      await out.shift()?.settle(final());
      out.push(await inbox.next());
    }
    await Promise.all(out.map((delivery) => delivery.settle(final())));
    await broker.waitForEmpty();
  });

  it('frees a slot for every kind of settlement', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const [first, second] = [entry(), entry()];
    await broker.enqueue([first]);
    await (await inbox.next()).settle(retry(first.envelope, Date.now() + 3_600_000));
    await broker.enqueue([second]);
    await (await inbox.next()).settle({ kind: 'return' });
    const again = await inbox.next();
    expect(again.id).toBe(idOf(second));
    await again.settle(final());
    expect(await broker.queues()).toMatchObject([
      { waiting: 0, delayed: 1, active: 0, paused: false },
    ]);
  });

  it('keeps queues and consumers apart', async () => {
    const broker = await harness().open();
    const [red, blue] = [entry({ queue: 'red' }), entry({ queue: 'blue' })];
    await broker.enqueue([red, blue]);
    const [reds, blues] = [new Inbox(), new Inbox()];
    await broker.consume({ lanes: ['red'], concurrency: 5, ...reds });
    await broker.consume({ lanes: ['blue'], concurrency: 5, ...blues });
    expect((await reds.next()).id).toBe(idOf(red));
    expect((await blues.next()).id).toBe(idOf(blue));
    await aFullRound(broker);
    expect([reds.size, blues.size]).toEqual([0, 0]);
  });

  it('gives each delivery to one of two consumers of a queue', async () => {
    const broker = await harness().open();
    const [left, right] = [new Inbox(), new Inbox()];
    await broker.consume({ lanes: ['default'], concurrency: 2, ...left });
    await broker.consume({ lanes: ['default'], concurrency: 2, ...right });
    const four = entries(4);
    await broker.enqueue(four);
    const delivered = [...(await left.take(2)), ...(await right.take(2))];
    expect(new Set(delivered.map(({ id }) => id))).toEqual(new Set(four.map(idOf)));
  });

  it('delivers nothing after stop that was being claimed meanwhile, and another consumer gets it', async () => {
    const broker = await harness().open();
    await broker.enqueue(entries(5));
    const [early, late] = [new Inbox(), new Inbox()];
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 5, ...early });
    await consumer.stop();
    const before = early.size;
    await broker.consume({ lanes: ['default'], concurrency: 5, ...late });
    const rest = await late.take(5 - before);
    expect(rest.map(({ crashes }) => crashes)).toEqual(rest.map(() => 0));
    expect(early.size).toBe(before);
  });

  it('claims nothing after stop, while what is out may still be settled', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const [first, second] = [entry(), entry()];
    await broker.enqueue([first, second]);
    const delivery = await inbox.next();
    await consumer.stop();
    await consumer.stop();
    await delivery.settle(final());
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
    expect(await broker.find(idOf(first))).toMatchObject({ state: 'success' });
    expect(await broker.find(idOf(second))).toMatchObject({ state: 'queued' });

    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    expect((await inbox.next()).id).toBe(idOf(second));
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('from deliver'))],
    [
      'throws',
      () => {
        throw new Error('from deliver');
      },
    ],
  ])('survives a callback that %s; the delivery stays out and can be settled', async (_, fail) => {
    const broker = await harness().open();
    let delivered = 0;
    const inbox = new Inbox();
    await broker.consume({
      lanes: ['default'],
      concurrency: 1,
      deliver: (delivery) => {
        delivered += 1;
        void inbox.deliver(delivery);
        return fail();
      },
    });
    const [first, second] = [entry(), entry()];
    await broker.enqueue([first, second]);
    const delivery = await inbox.next();
    await aFullRound(broker);
    // Two may be out of the waiting list for a moment: one that was taken beside the first goes back, undelivered.
    await until(async () => {
      const [queue] = await broker.queues();
      return queue?.waiting === 1 && queue.active === 1;
    });
    expect(delivered).toBe(1);
    await delivery.settle(final());
    expect((await inbox.next()).id).toBe(idOf(second));
  });
}
