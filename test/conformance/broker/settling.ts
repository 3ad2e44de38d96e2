// How a delivery ends: final, retry, return; once, and only by who holds it.
import { finalStates } from '../../../src/core/execution.js';
import type { Broker, Delivery } from '../../../src/core/ports/broker.js';
import { entry, final, idOf, report, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { aFullRound } from './barrier.js';
import type { CurrentHarness } from './harness.js';

export function settlingTests(harness: CurrentHarness): void {
  async function delivered(changes: Parameters<typeof entry>[0] = {}): Promise<{
    broker: Broker;
    inbox: Inbox;
    queued: ReturnType<typeof entry>;
    delivery: Delivery;
  }> {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry(changes);
    await broker.enqueue([queued]);
    return { broker, inbox, queued, delivery: await inbox.next() };
  }

  it.each(finalStates)('records %s with its report', async (state) => {
    const { broker, queued, delivery } = await delivered({ payload: { n: 1 }, task: 'sum' });
    const told = report({
      result: { sum: [1, 2] },
      error: { code: 'SKEP_TEST', message: 'no', stack: 'at x' },
    });
    await delivery.settle({ kind: 'final', state, report: told });
    expect(await broker.find(idOf(queued))).toEqual({
      ...told,
      id: idOf(queued),
      task: 'sum',
      queue: 'default',
      state,
      crashes: 0,
      payload: { n: 1 },
      dispatchedAt: queued.envelope.dispatchedAt,
      availableAt: queued.availableAt,
      triggeredBy: 'test',
    });
    expect(await broker.queues()).toEqual([]);
  });

  it('shows what is running: attempt, start, worker', async () => {
    const before = Date.now();
    const { broker, queued, delivery } = await delivered();
    const view = await broker.find(idOf(queued));
    expect(view).toMatchObject({ state: 'running', attempt: 1, worker: expect.any(String) });
    expect(view?.startedAt).toBeGreaterThanOrEqual(before);
    expect(view).not.toHaveProperty('finishedAt');
    await delivery.settle(final());
  });

  it('delivers a retry as the next attempt, not before its time', async () => {
    const { broker, inbox, queued, delivery } = await delivered();
    // It takes the slot, so that the retry stays one while it is looked at, however long that takes.
    const between = entry();
    await broker.enqueue([between]);
    const error = { code: 'SKEP_TEST', message: 'try again' };
    const availableAt = Date.now() + 150;
    await delivery.settle(retry(queued.envelope, availableAt, { error }));
    expect(await broker.find(idOf(queued))).toMatchObject({
      state: 'retrying',
      attempt: 1,
      availableAt,
      error,
      finishedAt: 2_000,
    });
    const other = await inbox.next();
    expect(other.id).toBe(idOf(between));
    await other.settle(final());
    const second = await inbox.next();
    expect(Date.now()).toBeGreaterThanOrEqual(availableAt);
    expect(second).toMatchObject({ id: idOf(queued), crashes: 0 });
    expect(second.raw).toEqual({ ...queued.envelope, attempt: 2 });
    const running = await broker.find(idOf(queued));
    expect(running).toMatchObject({ state: 'running', attempt: 2 });
    expect(running).not.toHaveProperty('error');
    await second.settle(final('success', { attempt: 2 }));
    const done = await broker.find(idOf(queued));
    expect(done).toMatchObject({ state: 'success', attempt: 2 });
    expect(done).not.toHaveProperty('error');
  });

  it('delivers what was handed back at once, counting neither attempt nor crash', async () => {
    const { broker, inbox, queued, delivery } = await delivered();
    await delivery.settle({ kind: 'return' });
    const again = await inbox.next();
    expect(again).toMatchObject({ id: idOf(queued), crashes: 0, raw: queued.envelope });
    expect(await broker.find(idOf(queued))).toMatchObject({ attempt: 1, crashes: 0 });
    await again.settle(final());
  });

  it('shows what was handed back as never started', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const delivery = await inbox.next();
    await consumer.stop();
    await delivery.settle({ kind: 'return' });
    const view = await broker.find(idOf(queued));
    expect(view).toMatchObject({ state: 'queued', attempt: 0 });
    expect(view).not.toHaveProperty('startedAt');
    expect(view).not.toHaveProperty('worker');
  });

  it('refuses a second settlement, and writes nothing of it', async () => {
    const { broker, queued, delivery } = await delivered();
    await delivery.settle(final('success', { result: 1 }));
    const stale = { code: 'SKEP_STALE_DELIVERY' };
    await expect(delivery.settle(final('failed', { result: 2 }))).rejects.toMatchObject(stale);
    await expect(delivery.settle({ kind: 'return' })).rejects.toMatchObject(stale);
    await expect(delivery.settle(retry(queued.envelope, 0))).rejects.toMatchObject(stale);
    await aFullRound(broker);
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success', result: 1 });
  });

  it('takes one of two settlements that come together', async () => {
    const { broker, queued, delivery } = await delivered();
    const both = await Promise.allSettled([
      delivery.settle(final('success')),
      delivery.settle(final('failed')),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success' });
  });

  it('refuses the settlement of an earlier delivery of the same execution', async () => {
    const { broker, inbox, queued, delivery } = await delivered();
    await delivery.settle({ kind: 'return' });
    const current = await inbox.next();
    await expect(delivery.settle(final('failed'))).rejects.toMatchObject({
      code: 'SKEP_STALE_DELIVERY',
    });
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'running' });
    // A refused settlement frees no slot of another delivery.
    await broker.enqueue([entry()]);
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
    await current.settle(final());
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success' });
  });

  it('keeps a delivery that could not be settled because its report is not JSON', async () => {
    const { broker, queued, delivery } = await delivered();
    await expect(delivery.settle(final('success', { result: 1n as never }))).rejects.toThrow();
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'running' });
    await delivery.settle(final('failed'));
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'failed' });
  });
}
