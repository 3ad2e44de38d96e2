// What is queued is delivered: whole, in order, not before its time.
import { entries, entry, final, idOf } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import type { CurrentHarness } from './harness.js';

export function deliveringTests(harness: CurrentHarness): void {
  it('delivers the envelope as it was queued', async () => {
    const broker = await harness().open();
    const payload = {
      text: 'Überstunde \u0000 "quoted"',
      list: [1, 2.5, null],
      nested: { a: true },
    };
    const queued = entry({ payload, scheduledFor: 5, parent: 'p-1', triggeredBy: 'a person' });
    await broker.enqueue([queued]);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    expect(delivery.raw).toEqual(queued.envelope);
    expect(delivery).toMatchObject({ id: idOf(queued), crashes: 0 });
    await delivery.settle(final());
  });

  it('delivers what is queued while it consumes', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    const [first, second] = [entry(), entry()];
    for (const each of [first, second]) {
      await broker.enqueue([each]);
      expect((await inbox.next()).id).toBe(idOf(each));
    }
  });

  it.each([1, 4])(
    'delivers what was available when it was queued in the order of queueing, %s at a time',
    async (concurrency) => {
      const broker = await harness().open();
      const now = Date.now();
      const early = entry({}, now - 2_000);
      const [a, b] = [entry({}, now - 1_000), entry({}, now - 1_000)];
      const late = entry({}, now);
      await broker.enqueue([early]);
      await broker.enqueue([a, b, late]);
      const inbox = new Inbox();
      await broker.consume({ lanes: ['default'], concurrency, ...inbox });
      const order: string[] = [];
      for (let left = 4; left > 0; left -= 1) {
        const delivery = await inbox.next();
        order.push(delivery.id);
        await delivery.settle(final());
      }
      expect(order).toEqual([early, a, b, late].map(idOf));
    },
  );

  it('does not deliver before its time, and then does without a push', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 10, ...inbox });
    const times = [300, 150, 225].map((delayMs) => Date.now() + delayMs);
    await broker.enqueue(times.map((at) => entry({ payload: at }, at)));
    const sorted = [...times].sort((x, y) => x - y);
    for (const at of sorted) {
      const delivery = await inbox.next();
      expect(Date.now()).toBeGreaterThanOrEqual(at);
      expect(delivery.raw).toMatchObject({ payload: at });
    }
  });

  it('delivers what is due although something delayed was queued first', async () => {
    const broker = await harness().open();
    await broker.enqueue([entry({}, Date.now() + 3_600_000)]);
    const due = entry();
    await broker.enqueue([due]);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    expect((await inbox.next()).id).toBe(idOf(due));
  });

  it('leaves an id that is known as it is, in whatever state', async () => {
    const broker = await harness().open();
    const first = entry({ payload: 'first' });
    const again = entry({ id: idOf(first), payload: 'again' }, Date.now() - 10_000);
    await broker.enqueue([first]);
    await broker.enqueue([again]);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const delivery = await inbox.next();
    expect(delivery.raw).toMatchObject({ payload: 'first' });
    await broker.enqueue([again]);
    await delivery.settle(final());
    await broker.enqueue([again, again]);

    // Another execution comes next, so the known one did not come again.
    const other = entry();
    await broker.enqueue([other]);
    expect((await inbox.next()).id).toBe(idOf(other));
    expect(await broker.find(idOf(first))).toMatchObject({ state: 'success', payload: 'first' });
  });

  it('queues all of a call or nothing', async () => {
    const broker = await harness().open();
    const good = entry();
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    // Past the types, as JavaScript code may.
    const bad = entry({ payload: cyclic as never });
    await expect(broker.enqueue([good, bad])).rejects.toThrow();
    expect(await broker.find(idOf(good))).toBeUndefined();
    expect(await broker.queues()).toEqual([]);
    await broker.enqueue([]);
    await broker.enqueue([good]);
    expect(await broker.find(idOf(good))).toMatchObject({ state: 'queued' });
  });

  it('queues and delivers a thousand of one call', async () => {
    const broker = await harness().open();
    const many = entries(1_000);
    await broker.enqueue(many);
    const seen = new Set<string>();
    await broker.consume({
      lanes: ['default'],
      concurrency: 50,
      deliver: async (delivery) => {
        seen.add(delivery.id);
        await delivery.settle(final());
      },
    });
    await broker.waitForEmpty();
    expect(seen).toEqual(new Set(many.map(idOf)));
  });

  it('delivers a record that is no envelope, and shows it afterwards', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const records = ['not json', '{"v":99}', '[]', 'null', '{"__proto__":{"x":1}}'];
    for (const [index, record] of records.entries()) {
      const id = `foreign-${index}`;
      await harness().plant('default', id, record);
      const delivery = await inbox.next();
      expect(delivery.id).toBe(id);
      await delivery.settle(final('quarantined'));
      expect(await broker.find(id)).toMatchObject({ id, state: 'quarantined' });
    }
    expect(await broker.list({ limit: 10 })).toHaveLength(records.length);
  });
}
