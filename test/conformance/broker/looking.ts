// Looking at queues and executions.
import type { Broker } from '../../../src/core/ports/broker.js';
import { entries, entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import type { CurrentHarness } from './harness.js';

export function lookingTests(harness: CurrentHarness): void {
  it('counts waiting, delayed and active of each queue', async () => {
    const broker = await harness().open();
    expect(await broker.queues()).toEqual([]);
    const later = Date.now() + 3_600_000;
    await broker.enqueue([...entries(3), entry({}, later), entry({ queue: 'other' }, later)]);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    const other = { name: 'other', waiting: 0, delayed: 1, active: 0, paused: false };
    expect(await broker.queues()).toEqual([
      { name: 'default', waiting: 2, delayed: 1, active: 1, paused: false },
      other,
    ]);
    await delivery.settle(final());
    await inbox.next();
    expect(await broker.queues()).toEqual([
      { name: 'default', waiting: 1, delayed: 1, active: 1, paused: false },
      other,
    ]);
  });

  it('shows what is queued, and nothing of what is unknown', async () => {
    const broker = await harness().open();
    const queued = entry({ payload: { n: 1 }, task: 'sum' });
    await broker.enqueue([queued]);
    expect(await broker.find(idOf(queued))).toEqual({
      id: idOf(queued),
      task: 'sum',
      queue: 'default',
      state: 'queued',
      attempt: 0,
      crashes: 0,
      payload: { n: 1 },
      dispatchedAt: queued.envelope.dispatchedAt,
      availableAt: queued.availableAt,
      triggeredBy: 'test',
    });
    expect(await broker.find('no such id')).toBeUndefined();
  });

  it('says which executions are on record, while they wait and when they have ended', async () => {
    const broker = await harness().open();
    const [tracked, plain] = [entry({ tracked: true }), entry()];
    await broker.enqueue([tracked, plain]);
    expect(await broker.find(idOf(tracked))).toMatchObject({ tracked: true });
    expect(await broker.find(idOf(plain))).not.toHaveProperty('tracked');
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    for (const delivery of await inbox.take(2)) await delivery.settle(final());
    const listed = await broker.list({ limit: 10 });
    expect(listed.map(({ id, tracked: flag }) => [id, flag])).toEqual([
      [idOf(plain), undefined],
      [idOf(tracked), true],
    ]);
  });

  /** One execution in each of: success, failed, running, retrying, queued; in the order of dispatch. */
  async function oneOfEach(broker: Broker): Promise<string[]> {
    const five = [
      entry({ task: 'a' }),
      entry({ task: 'b' }),
      entry({ task: 'a' }),
      entry({ task: 'b' }),
      entry({ task: 'a', queue: 'other' }),
    ];
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 4, ...inbox });
    await broker.enqueue(five);
    // By id: of four that come together, the one that woke the consumer may come last.
    const deliveries = new Map((await inbox.take(4)).map((each) => [each.id, each]));
    const [success = '', failed = '', running = '', retrying = '', queued = ''] = five.map(idOf);
    await deliveries.get(success)?.settle(final('success'));
    await deliveries.get(failed)?.settle(final('failed'));
    const { envelope } = five[3] ?? entry();
    await deliveries.get(retrying)?.settle(retry(envelope, Date.now() + 3_600_000));
    return [success, failed, running, retrying, queued];
  }

  it('lists the newest first, filtered', async () => {
    const broker = await harness().open();
    const [success, failed, running, retrying, queued] = await oneOfEach(broker);
    const ids = async (filter: Partial<Parameters<Broker['list']>[0]>): Promise<string[]> =>
      (await broker.list({ limit: 10, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual([queued, retrying, running, failed, success]);
    expect(await ids({ states: ['success'] })).toEqual([success]);
    expect(await ids({ states: ['failed'] })).toEqual([failed]);
    expect(await ids({ states: ['running'] })).toEqual([running]);
    expect(await ids({ states: ['retrying'] })).toEqual([retrying]);
    expect(await ids({ states: ['queued'] })).toEqual([queued]);
    expect(await ids({ states: ['cancelled'] })).toEqual([]);
    expect(await ids({ states: ['success', 'failed'] })).toEqual([failed, success]);
    expect(await ids({ states: ['success', 'queued', 'running'], limit: 2 })).toEqual([
      queued,
      running,
    ]);
    expect(await ids({ task: 'a' })).toEqual([queued, running, success]);
    expect(await ids({ queue: 'other' })).toEqual([queued]);
    expect(await ids({ task: 'a', queue: 'default', states: ['running'] })).toEqual([running]);
    expect(await ids({ task: 'b', states: ['success'] })).toEqual([]);
  });

  it('lists in pages by key, which new executions do not shift', async () => {
    const broker = await harness().open();
    const seven = entries(7);
    for (const each of seven) await broker.enqueue([each]);
    const first = await broker.list({ limit: 3 });
    await broker.enqueue(entries(2));
    const pages = [first];
    for (let last = first.at(-1); last !== undefined; last = pages.at(-1)?.at(-1)) {
      pages.push(await broker.list({ limit: 3, before: last.id }));
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1, 0]);
    expect(pages.flat().map(({ id }) => id)).toEqual(seven.map(idOf).reverse());
  });
}
