// kill -9 of a process that holds deliveries: nothing is lost, each counts one crash and runs again.
import { entries, entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import type { CurrentHarness } from './harness.js';

export function crashingTests(harness: CurrentHarness): void {
  it('delivers again what a killed process held, with one crash more, and nothing else', async () => {
    const broker = await harness().open();
    const five = entries(5);
    await broker.enqueue(five);
    const held = await harness().crashHolding('default', 2);
    expect(held).toEqual(five.slice(0, 2).map(idOf));

    const inbox = new Inbox();
    const successor = await harness().openSuccessor();
    await successor.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const deliveries = await inbox.take(5);
    const crashes = new Map(deliveries.map((each) => [each.id, each.crashes]));
    expect(five.map((each) => crashes.get(idOf(each)))).toEqual([1, 1, 0, 0, 0]);
    for (const delivery of deliveries) {
      const wasHeld = held.includes(delivery.id);
      expect(await broker.find(delivery.id)).toMatchObject({
        state: 'running',
        attempt: wasHeld ? 2 : 1,
        crashes: wasHeld ? 1 : 0,
      });
      await delivery.settle(final('success', { attempt: wasHeld ? 2 : 1 }));
    }
    await broker.waitForEmpty();
    expect(await broker.find(held[0] ?? '')).toMatchObject({ state: 'success', crashes: 1 });
  });

  it('keeps counting over crashes, retries and returns', async () => {
    const broker = await harness().open();
    const queued = entry();
    await broker.enqueue([queued]);
    await harness().crashHolding('default', 1);
    await harness().crashHolding('default', 1);
    const inbox = new Inbox();
    const successor = await harness().openSuccessor();
    await successor.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const third = await inbox.next();
    expect(third.crashes).toBe(2);
    await third.settle({ kind: 'return' });
    const again = await inbox.next();
    expect(again.crashes).toBe(2);
    await again.settle(retry(queued.envelope, Date.now(), { attempt: 3 }));
    const fourth = await inbox.next();
    expect(fourth).toMatchObject({ crashes: 2, raw: { attempt: 2 } });
    expect(await broker.find(idOf(queued))).toMatchObject({ attempt: 4, crashes: 2 });
    await fourth.settle(final('quarantined', { attempt: 4 }));
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'quarantined', crashes: 2 });
  });

  it('has waiters wait through a crash', async () => {
    const broker = await harness().open();
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = broker.waitForFinal(idOf(queued));
    await harness().crashHolding('default', 1);
    const inbox = new Inbox();
    const successor = await harness().openSuccessor();
    await successor.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await (await inbox.next()).settle(final());
    expect(await waiting).toMatchObject({ state: 'success', crashes: 1 });
  });
}
