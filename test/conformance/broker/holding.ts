// Asking which of many executions the queue holds.
import { entries, entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import type { CurrentHarness } from './harness.js';

export function holdingTests(harness: CurrentHarness): void {
  it('tells what it holds: waiting, delayed, active or to be retried, in whichever lane', async () => {
    const broker = await harness().open();
    expect(await broker.holds([])).toEqual(new Set());
    expect(await broker.holds(['no such id'])).toEqual(new Set());
    const later = Date.now() + 3_600_000;
    const [ended, cancelled, retried, active] = entries(4);
    if (!ended || !cancelled || !retried || !active) throw new Error('four');
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 4, ...inbox });
    await broker.enqueue([ended, cancelled, retried, active]);
    // By id: of four that come together, the one that woke the consumer may come last.
    const deliveries = new Map((await inbox.take(4)).map((each) => [each.id, each]));
    await deliveries.get(idOf(ended))?.settle(final());
    await deliveries.get(idOf(cancelled))?.settle(final('cancelled'));
    await deliveries.get(idOf(retried))?.settle(retry(retried.envelope, later));
    const waiting = [
      entry({ queue: 'other' }),
      entry({ queue: 'other:high' }),
      entry({ queue: 'third:low' }, later),
    ];
    await broker.enqueue(waiting);
    const left = entry({ queue: 'other' });
    await broker.enqueue([left]);
    await broker.cancel(idOf(left));

    const all = [ended, cancelled, retried, active, ...waiting, left].map(idOf);
    const held = new Set([retried, active, ...waiting].map(idOf));
    expect(await broker.holds([...all, 'no such id'])).toEqual(held);
    // Another process is told the same.
    expect(await (await harness().open()).holds(all)).toEqual(held);
  });

  it('answers for hundreds at once', async () => {
    const broker = await harness().open();
    const queued = entries(700, { queue: 'many' });
    await broker.enqueue(queued);
    const unknown = entries(300);
    const held = await broker.holds([...queued, ...unknown].map(idOf));
    expect(held).toEqual(new Set(queued.map(idOf)));
  });
}
