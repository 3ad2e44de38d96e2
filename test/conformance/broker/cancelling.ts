// Cancelling: at once what waits, by word to its worker what runs, whichever process that is.
import type { Broker, Delivery, Interruption } from '../../../src/core/ports/broker.js';
import { entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { aFullRound } from './barrier.js';
import type { CurrentHarness } from './harness.js';

export function cancellingTests(harness: CurrentHarness): void {
  const cancelledView = {
    state: 'cancelled',
    error: { code: 'SKEP_CANCELLED' },
    ledger: { opened: 0, closed: 0, killed: 0, leaked: 0 },
    finishedAt: expect.any(Number),
  };

  async function consuming(): Promise<{ broker: Broker; inbox: Inbox }> {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    return { broker, inbox };
  }

  /** Resolves with why the delivery is to end. */
  const interrupted = (delivery: Delivery): Promise<Interruption> =>
    new Promise((resolve) => delivery.onInterrupt(resolve));

  it.each([
    ['waiting', 0],
    ['delayed', 3_600_000],
  ])('ends what is %s at once, and tells who waits', async (_, delayMs) => {
    const [broker, other] = [await harness().open(), await harness().open()];
    const queued = entry({}, Date.now() + delayMs);
    await broker.enqueue([queued]);
    const waiting = [broker.waitForFinal(idOf(queued)), other.waitForFinal(idOf(queued))];
    const empty = broker.waitForEmpty();
    expect(await other.cancel(idOf(queued))).toBe('cancelled');
    for (const view of await Promise.all(waiting)) {
      expect(view).toMatchObject({ ...cancelledView, attempt: 0 });
    }
    await empty;
    expect(await broker.find(idOf(queued))).toMatchObject(cancelledView);
    expect(await broker.cancel(idOf(queued))).toBe('final');
    // It is not delivered to anyone.
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
  });

  it('ends what waits for its retry, and keeps the number of its attempts', async () => {
    const { broker, inbox } = await consuming();
    const queued = entry();
    await broker.enqueue([queued]);
    await (await inbox.next()).settle(retry(queued.envelope, Date.now() + 3_600_000));
    expect(await broker.cancel(idOf(queued))).toBe('cancelled');
    expect(await broker.find(idOf(queued))).toMatchObject({ ...cancelledView, attempt: 1 });
    expect(await broker.queues()).toEqual([]);
  });

  it('leaves what has ended as it ended, and knows nothing of what is unknown', async () => {
    const { broker, inbox } = await consuming();
    const queued = entry();
    await broker.enqueue([queued]);
    await (await inbox.next()).settle(final());
    expect(await broker.cancel(idOf(queued))).toBe('final');
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success' });
    const unknown = { code: 'SKEP_EXECUTION_UNKNOWN' };
    await expect(broker.cancel('no such id')).rejects.toMatchObject(unknown);
  });

  it('has the delivery of what runs told, from another process too', async () => {
    const { broker, inbox } = await consuming();
    const other = await harness().open();
    for (const asked of [broker, other]) {
      const queued = entry();
      await broker.enqueue([queued]);
      const delivery = await inbox.next();
      expect(delivery.cancelled).toBe(false);
      const told = interrupted(delivery);
      expect(await asked.cancel(idOf(queued))).toBe('requested');
      expect(await told).toBe('cancelled');
      expect(await broker.find(idOf(queued))).toMatchObject({ state: 'running' });
      await delivery.settle(final('cancelled'));
      expect(await broker.find(idOf(queued))).toMatchObject({ state: 'cancelled' });
    }
  });

  it('tells a delivery that is out after its consumer has stopped', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const delivery = await inbox.next();
    await consumer.stop();
    const other = await harness().open();
    expect(await other.cancel(idOf(queued))).toBe('requested');
    expect(await interrupted(delivery)).toBe('cancelled');
    await delivery.settle(final('cancelled'));
  });

  it('tells a listener once, and one that comes after the request', async () => {
    const { broker, inbox } = await consuming();
    const queued = entry();
    await broker.enqueue([queued]);
    const delivery = await inbox.next();
    await broker.cancel(idOf(queued));
    expect(await interrupted(delivery)).toBe('cancelled');
    const again: Interruption[] = [];
    delivery.onInterrupt((why) => again.push(why));
    await broker.cancel(idOf(queued));
    await delivery.settle(final('cancelled'));
    await aFullRound(broker);
    expect(again).toEqual([]);
  });

  it('tells nobody but the delivery that is to end', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    const [queued, beside] = [entry(), entry()];
    await broker.enqueue([queued, beside]);
    const [one, two] = await inbox.take(2);
    if (one === undefined || two === undefined) throw new Error('two were to be delivered');
    const told: string[] = [];
    two.onInterrupt((why) => told.push(why));
    const other = await harness().open();
    await other.cancel(one.id);
    await interrupted(one);
    expect(told).toEqual([]);
    await two.settle(final());
    await one.settle(final());
  });

  it('says with the next delivery that it was cancelled, however the one that ran ended', async () => {
    const { broker, inbox } = await consuming();
    const queued = entry();
    await broker.enqueue([queued]);
    const first = await inbox.next();
    await broker.cancel(idOf(queued));
    await first.settle({ kind: 'return' });
    const second = await inbox.next();
    expect(second.cancelled).toBe(true);
    await second.settle({ kind: 'postpone', availableAt: Date.now() });
    const third = await inbox.next();
    expect(third.cancelled).toBe(true);
    await third.settle(retry(queued.envelope, Date.now()));
    const fourth = await inbox.next();
    expect(fourth.cancelled).toBe(true);
    await fourth.settle(final('cancelled', { attempt: 2 }));
    // It says nothing of others.
    await broker.enqueue([entry()]);
    expect((await inbox.next()).cancelled).toBe(false);
  });

  it('remembers the request although the process dies that runs it', async () => {
    const broker = await harness().open();
    const queued = entry();
    await broker.enqueue([queued]);
    const came: unknown[] = [];
    await harness().crashHolding('default', 1, async () => {
      came.push(await broker.cancel(idOf(queued)));
    });
    expect(came).toEqual(['requested']);
    const inbox = new Inbox();
    const successor = await harness().openSuccessor();
    await successor.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    expect(delivery).toMatchObject({ id: idOf(queued), crashes: 1, cancelled: true });
    await delivery.settle(final('cancelled', { attempt: 2 }));
  });
}
