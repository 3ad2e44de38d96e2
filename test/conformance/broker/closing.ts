// The ends of a broker's life: before open, close, after close.
import type { Broker } from '../../../src/core/ports/broker.js';
import { entry, final, idOf, workerStatus } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import type { CurrentHarness } from './harness.js';

const closed = { code: 'SKEP_BROKER_CLOSED' };

const calls: readonly [string, (broker: Broker) => Promise<unknown>][] = [
  ['enqueue', (broker) => broker.enqueue([entry()])],
  ['own', (broker) => broker.own()],
  ['consume', (broker) => broker.consume({ lanes: ['q'], concurrency: 1, ...new Inbox() })],
  ['pause', (broker) => broker.pause('q')],
  ['resume', (broker) => broker.resume('q')],
  ['cancel', (broker) => broker.cancel('x')],
  ['announce', (broker) => broker.announce(workerStatus(), 1_000)],
  ['withdraw', (broker) => broker.withdraw()],
  ['workers', (broker) => broker.workers()],
  ['examine', (broker) => broker.examine()],
  ['queues', (broker) => broker.queues()],
  ['find', (broker) => broker.find('x')],
  ['list', (broker) => broker.list({ limit: 1 })],
  ['waitForFinal', (broker) => broker.waitForFinal('x')],
  ['waitForEmpty', (broker) => broker.waitForEmpty()],
];

export function closingTests(harness: CurrentHarness): void {
  it.each(calls)('refuses %s before open and after close', async (_, call) => {
    const broker = harness().make();
    await expect(call(broker)).rejects.toMatchObject(closed);
    await broker.open();
    await broker.close();
    await expect(call(broker)).rejects.toMatchObject(closed);
  });

  it('may be closed twice, before open, and at once after open', async () => {
    const never = harness().make();
    await never.close();
    await never.close();
    await expect(never.open()).rejects.toMatchObject(closed);
    const broker = harness().make();
    const opening = broker.open();
    await Promise.all([broker.close(), broker.close()]);
    await Promise.allSettled([opening]);
    await expect(broker.queues()).rejects.toMatchObject(closed);
  });

  it('finishes what was asked before it was closed', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const [first, second] = [entry(), entry()];
    await broker.enqueue([first]);
    const delivery = await inbox.next();
    const done: string[] = [];
    const asked = [
      delivery.settle(final()).then(() => done.push('settled')),
      broker.enqueue([second]).then(() => done.push('queued')),
    ];
    await broker.close();
    expect(new Set(done)).toEqual(new Set(['settled', 'queued']));
    await Promise.all(asked);

    const next = await harness().open();
    expect(await next.find(idOf(first))).toMatchObject({ state: 'success' });
    expect(await next.find(idOf(second))).toMatchObject({ state: 'queued' });
    expect(inbox.size).toBe(0);
  });

  it('refuses to settle after close; what stayed out counts a crash', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const delivery = await inbox.next();
    await broker.close();
    await consumer.stop();
    await expect(delivery.settle(final())).rejects.toMatchObject(closed);

    const next = await harness().openSuccessor();
    await next.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const again = await inbox.next();
    expect(again).toMatchObject({ id: idOf(queued), crashes: 1 });
    // Another broker holds it now, so the first one's hands are off for good.
    await expect(delivery.settle(final())).rejects.toMatchObject(closed);
    await again.settle(final());
  });

  it('ends all waiting', async () => {
    const broker = await harness().open();
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = [broker.waitForFinal(idOf(queued)), broker.waitForEmpty()];
    const ended = Promise.allSettled(waiting);
    await broker.close();
    expect(await ended).toMatchObject([{ reason: closed }, { reason: closed }]);
  });
}
