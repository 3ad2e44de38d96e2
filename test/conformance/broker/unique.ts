// Unique keys: one holder at a time, atomically, until it is final or its time is over.
import { entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { until } from '../../support/until.js';
import type { CurrentHarness } from './harness.js';

export function uniqueTests(harness: CurrentHarness): void {
  const unique = (key: string, until?: number): ReturnType<typeof entry> =>
    entry({ unique: { key, ...(until === undefined ? {} : { until }) } });

  it('returns the id of each entry, also of one that is known', async () => {
    const broker = await harness().open();
    const [first, second] = [entry(), entry()];
    expect(await broker.enqueue([first, second])).toEqual([first, second].map(idOf));
    expect(await broker.enqueue([second])).toEqual([idOf(second)]);
    expect(await broker.enqueue([])).toEqual([]);
  });

  it('does not queue a second one while the first is unfinished, whatever it does', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const first = unique('k');
    const duplicate = async (): Promise<readonly string[]> => broker.enqueue([unique('k')]);
    const held = [idOf(first)];
    expect(await broker.enqueue([first])).toEqual(held);
    const running = await inbox.next();
    expect(running.raw).toEqual(first.envelope);
    expect(await duplicate()).toEqual(held);
    await running.settle(retry(first.envelope, Date.now() + 50));
    expect(await duplicate()).toEqual(held);
    const second = await inbox.next();
    await second.settle({ kind: 'return' });
    expect(await duplicate()).toEqual(held);
    expect(await broker.enqueue([first])).toEqual(held);
    const third = await inbox.next();
    expect(third.id).toBe(idOf(first));
    await third.settle(final('failed', { attempt: 2 }));

    const next = unique('k');
    expect(await broker.enqueue([next])).toEqual([idOf(next)]);
    expect((await inbox.next()).id).toBe(idOf(next));
    expect(await broker.list({ limit: 10 })).toHaveLength(2);
  });

  it('gives the key of what was cancelled to the next', async () => {
    const broker = await harness().open();
    const [first, second] = [unique('k'), unique('k')];
    await broker.enqueue([first]);
    await broker.cancel(idOf(first));
    expect(await broker.enqueue([second])).toEqual([idOf(second)]);
    expect(await broker.find(idOf(second))).toMatchObject({ state: 'queued' });
  });

  it('holds a key until its time although the execution is final', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const long = unique('long', Date.now() + 3_600_000);
    await broker.enqueue([long]);
    await (await inbox.next()).settle(final());
    expect(await broker.enqueue([unique('long', Date.now() + 1_000)])).toEqual([idOf(long)]);

    const first = unique('k', Date.now() + 300);
    await broker.enqueue([first]);
    await (await inbox.next()).settle(final());
    let taken: readonly string[] = [];
    await until(async () => {
      taken = await broker.enqueue([unique('k', Date.now() + 60_000)]);
      return taken[0] !== idOf(first);
    });
    expect(Date.now()).toBeGreaterThanOrEqual(first.envelope.unique?.until ?? Number.NaN);
    expect((await inbox.next()).id).toBe(taken[0]);
  });

  it('holds a key no longer than its time although the execution is unfinished', async () => {
    const broker = await harness().open();
    const first = unique('k', Date.now() + 200);
    await broker.enqueue([first]);
    await until(async () => {
      const [id] = await broker.enqueue([unique('k', Date.now() + 60_000)]);
      return id !== idOf(first);
    });
    expect(await broker.queues()).toMatchObject([{ name: 'default', waiting: 2 }]);
  });

  it('takes the first of several in one call, and all that are unlike it', async () => {
    const broker = await harness().open();
    const [a, b, other, plain] = [unique('k'), unique('k'), unique('l'), entry()];
    expect(await broker.enqueue([a, b, other, plain])).toEqual([a, a, other, plain].map(idOf));
    expect(await broker.find(idOf(b))).toBeUndefined();
    expect(await broker.queues()).toMatchObject([{ waiting: 3 }]);
  });

  it('lets one of many processes win', async () => {
    const brokers = [await harness().open(), await harness().open(), await harness().open()];
    const asked = Array.from({ length: 30 }, (_, n) => brokers[n % 3]?.enqueue([unique('k')]));
    const ids = (await Promise.all(asked)).map((each) => each?.[0]);
    expect(new Set(ids).size).toBe(1);
    expect(await brokers[0]?.list({ limit: 10 })).toMatchObject([{ id: ids[0] }]);
  });

  it('keeps the key of what a killed process held', async () => {
    const broker = await harness().open();
    const first = unique('k');
    await broker.enqueue([first]);
    await harness().crashHolding('default', 1);
    expect(await broker.enqueue([unique('k')])).toEqual([idOf(first)]);
  });
}
