// Pausing and resuming queues, in whichever process.
import type { Broker } from '../../../src/core/ports/broker.js';
import { entry, final, idOf } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { until } from '../../support/until.js';
import { aFullRound } from './barrier.js';
import type { CurrentHarness } from './harness.js';

export function pausingTests(harness: CurrentHarness): void {
  it('claims nothing of a queue that is paused, in none of its lanes, until it is resumed', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    const lanes = ['default:high', 'default'] as const;
    await broker.consume({ lanes, concurrency: 5, ...inbox });
    const running = entry();
    await broker.enqueue([running]);
    const delivery = await inbox.next();
    await broker.pause('default');
    const waiting = [entry({ queue: 'default:high' }), entry()];
    await broker.enqueue(waiting);
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
    // What runs goes on, and its end starts nothing.
    await delivery.settle(final());
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
    expect(await broker.queues()).toMatchObject([
      { name: 'default', waiting: 1, active: 0, paused: true },
      { name: 'default:high', waiting: 1, active: 0, paused: true },
    ]);
    await broker.resume('default');
    expect((await inbox.take(2)).map(({ id }) => id)).toEqual(waiting.map(idOf));
    expect(await broker.queues()).toMatchObject([{ paused: false }, { paused: false }]);
  });

  it('shows a queue that is paused although nothing is in it, and remembers it', async () => {
    const broker = await harness().open();
    await broker.pause('empty');
    await broker.pause('empty');
    const view = { name: 'empty', waiting: 0, delayed: 0, active: 0, paused: true };
    expect(await broker.queues()).toEqual([view]);
    await broker.close();
    const next = await harness().open();
    expect(await next.queues()).toEqual([view]);
    await next.resume('empty');
    await next.resume('empty');
    expect(await next.queues()).toEqual([]);
  });

  it('pauses one queue and no other', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.pause('red');
    await broker.consume({ lanes: ['red'], concurrency: 5, ...inbox });
    await broker.consume({ lanes: ['reddish'], concurrency: 5, ...inbox });
    const [red, reddish] = [entry({ queue: 'red' }), entry({ queue: 'reddish' })];
    await broker.enqueue([red, reddish]);
    expect((await inbox.next()).id).toBe(idOf(reddish));
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
  });

  /** Whether something that is queued now is delivered. */
  async function isConsumed(broker: Broker, inbox: Inbox): Promise<boolean> {
    await broker.enqueue([entry()]);
    await aFullRound(broker);
    if (inbox.size === 0) return false;
    await (await inbox.next()).settle(final());
    return true;
  }

  it('pauses and resumes what another process consumes', async () => {
    const [worker, other] = [await harness().open(), await harness().open()];
    const inbox = new Inbox();
    await worker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await other.pause('default');
    await until(async () => !(await isConsumed(worker, inbox)));
    await other.resume('default');
    await (await inbox.next()).settle(final());
    await worker.waitForEmpty();
  });

  it('does not wake for what becomes due in a queue that is paused', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await broker.pause('default');
    const soon = entry({}, Date.now() + 50);
    const later = entry({ queue: 'other' }, Date.now() + 150);
    await broker.enqueue([soon, later]);
    await broker.consume({ lanes: ['other'], concurrency: 5, ...inbox });
    expect((await inbox.next()).id).toBe(idOf(later));
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
    await broker.resume('default');
    expect((await inbox.next()).id).toBe(idOf(soon));
  });
}
