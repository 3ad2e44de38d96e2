// Waiting for the end of an execution and for empty queues.
import { entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { aFullRound } from './barrier.js';
import type { CurrentHarness } from './harness.js';

export function waitingTests(harness: CurrentHarness): void {
  /** Whether a promise is still open after a full round of work. */
  const isOpen = async (promise: Promise<unknown>, round: Promise<void>): Promise<boolean> =>
    (await Promise.race([promise.then(() => 'done'), round.then(() => 'open')])) === 'open';

  it('resolves with the view when the execution is final, and not before', async () => {
    const broker = await harness().open();
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = [broker.waitForFinal(idOf(queued)), broker.waitForFinal(idOf(queued))];
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await (await inbox.next()).settle(retry(queued.envelope, Date.now()));
    const second = await inbox.next();
    expect(await isOpen(Promise.race(waiting), aFullRound(broker))).toBe(true);
    await second.settle(final('failed', { attempt: 2 }));
    const views = await Promise.all(waiting);
    expect(views).toMatchObject([
      { id: idOf(queued), state: 'failed', attempt: 2 },
      { id: idOf(queued), state: 'failed', attempt: 2 },
    ]);
    // What has ended already is there at once.
    expect(await broker.waitForFinal(idOf(queued))).toEqual(views[0]);
  });

  it('refuses to wait for an execution that is not known', async () => {
    const broker = await harness().open();
    await expect(broker.waitForFinal('no such id')).rejects.toMatchObject({
      code: 'SKEP_EXECUTION_UNKNOWN',
    });
  });

  it('gives up waiting with the reason of the signal', async () => {
    const broker = await harness().open();
    const queued = entry();
    await broker.enqueue([queued]);
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = [
      broker.waitForFinal(idOf(queued), controller.signal),
      broker.waitForEmpty(controller.signal),
    ];
    controller.abort(reason);
    for (const each of waiting) await expect(each).rejects.toBe(reason);
    await expect(broker.waitForFinal(idOf(queued), controller.signal)).rejects.toBe(reason);
    await expect(broker.waitForEmpty(controller.signal)).rejects.toBe(reason);
  });

  it('resolves when nothing is waiting, delayed or active', async () => {
    const broker = await harness().open();
    await broker.waitForEmpty();
    const delayed = entry({}, Date.now() + 100);
    await broker.enqueue([entry(), delayed, entry({ queue: 'other' })]);
    const empty = broker.waitForEmpty();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await broker.consume({ lanes: ['other'], concurrency: 1, ...inbox });
    for (let left = 3; left > 0; left -= 1) {
      const delivery = await inbox.next();
      expect(await isOpen(empty, aFullRound(broker))).toBe(true);
      await delivery.settle(final());
    }
    await empty;
  });
}
