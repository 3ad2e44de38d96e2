// Several processes on one store: each broker of these tests stands for one.
import type { ConsumeOptions } from '../../../src/core/ports/broker.js';
import { entry, final, idOf } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import type { CurrentHarness } from './harness.js';

export function processesTests(harness: CurrentHarness): void {
  it('delivers what another process queues, now and later', async () => {
    const [worker, dispatcher] = [await harness().open(), await harness().open()];
    const inbox = new Inbox();
    await worker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const first = entry();
    await dispatcher.enqueue([first]);
    expect((await inbox.next()).id).toBe(idOf(first));
    const later = entry({}, Date.now() + 200);
    await dispatcher.enqueue([later]);
    expect((await inbox.next()).id).toBe(idOf(later));
    expect(Date.now()).toBeGreaterThanOrEqual(later.availableAt);
  });

  it('tells another process of the end of an execution, and of empty queues', async () => {
    const [worker, dispatcher] = [await harness().open(), await harness().open()];
    const inbox = new Inbox();
    await worker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const queued = entry();
    await dispatcher.enqueue([queued]);
    const waiting = dispatcher.waitForFinal(idOf(queued));
    const empty = dispatcher.waitForEmpty();
    const delivery = await inbox.next();
    expect(await dispatcher.find(idOf(queued))).toMatchObject({ state: 'running' });
    await delivery.settle(final('success', { result: 42 }));
    expect(await waiting).toMatchObject({ state: 'success', result: 42 });
    await empty;
    expect(await dispatcher.list({ limit: 5 })).toHaveLength(1);
    expect(await dispatcher.queues()).toEqual([]);
  });

  it('leaves an id alone that another process has queued', async () => {
    const [one, other] = [await harness().open(), await harness().open()];
    const queued = entry({ payload: 'one' });
    await one.enqueue([queued]);
    await other.enqueue([entry({ id: idOf(queued), payload: 'other' })]);
    expect(await one.find(idOf(queued))).toMatchObject({ payload: 'one' });
  });

  it('keeps what is queued when a process ends, for the next one', async () => {
    const first = await harness().open();
    const queued = entry();
    const delayed = entry({}, Date.now() + 100);
    await first.enqueue([queued, delayed]);
    await first.close();
    const next = await harness().open();
    const inbox = new Inbox();
    await next.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    expect((await inbox.take(2)).map(({ id }) => id)).toEqual([idOf(queued), idOf(delayed)]);
  });

  it('lets one process consume where the store has one owner, and the next when that has ended', async () => {
    if (!harness().hasOneConsumer) return;
    const [owner, other] = [await harness().open(), await harness().open()];
    const options: ConsumeOptions = { lanes: ['default'], concurrency: 1, ...new Inbox() };
    await owner.own();
    await owner.own();
    const inUse = { code: 'SKEP_DATA_DIR_IN_USE' };
    await expect(other.own()).rejects.toMatchObject(inUse);
    await owner.consume(options);
    await expect(other.consume(options)).rejects.toMatchObject(inUse);
    // It stays out, and may still dispatch and look.
    const queued = entry({ queue: 'third' });
    await other.enqueue([queued]);
    expect(await other.find(idOf(queued))).toMatchObject({ state: 'queued' });
    await owner.close();
    await other.consume(options);
  });
}
