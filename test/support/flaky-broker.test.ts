import { EmbeddedHarness } from '../plugins/queue/embedded/embedded-harness.js';
import { entry, final, idOf, workerStatus } from './executions.js';
import { FlakyBroker } from './flaky-broker.js';
import { Inbox } from './inbox.js';

describe('the flaky broker', () => {
  let harness: EmbeddedHarness;
  beforeEach(async () => {
    harness = await EmbeddedHarness.create();
  });
  afterEach(() => harness.dispose());

  it('passes everything on while there is no outage', async () => {
    const broker = new FlakyBroker(harness.make());
    await broker.open();
    await broker.own();
    const inbox = new Inbox();
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = [broker.waitForFinal(idOf(queued)), broker.waitForEmpty()];
    const delivery = await inbox.next();
    expect(delivery).toMatchObject({ id: idOf(queued), raw: queued.envelope, crashes: 0 });
    expect(await broker.queues()).toMatchObject([{ active: 1, paused: false }]);
    await delivery.settle(final());
    await Promise.all(waiting);
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success' });
    expect(await broker.list({ limit: 1 })).toHaveLength(1);
    await broker.pause('q');
    expect(await broker.queues()).toMatchObject([{ name: 'q', paused: true }]);
    await broker.resume('q');
    expect(await broker.cancel(idOf(queued))).toBe('final');
    await broker.announce(workerStatus(), 60_000);
    expect(await broker.workers()).toHaveLength(1);
    await broker.withdraw();
    expect((await broker.examine()).warnings).toEqual([]);
    await consumer.stop();
    await broker.close();
  });

  it('rejects every call during an outage, settling too, and loses nothing', async () => {
    const broker = new FlakyBroker(await harness.open());
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await broker.enqueue([entry()]);
    const delivery = await inbox.next();
    const outage = new Error('gone');
    broker.fail(outage);
    const calls = [
      broker.open(),
      broker.own(),
      broker.enqueue([entry()]),
      broker.consume({ lanes: ['other'], concurrency: 1, ...inbox }),
      broker.queues(),
      broker.pause('q'),
      broker.resume('q'),
      broker.cancel('x'),
      broker.announce(workerStatus(), 1_000),
      broker.withdraw(),
      broker.workers(),
      broker.examine(),
      delivery.admit({ task: 'noop', concurrency: 1, rate: undefined }),
      broker.find('x'),
      broker.list({ limit: 1 }),
      broker.waitForFinal('x'),
      broker.waitForEmpty(),
      delivery.settle(final()),
    ];
    for (const { status, ...rest } of await Promise.allSettled(calls)) {
      expect([status, rest]).toEqual(['rejected', { reason: outage }]);
    }
    broker.restore();
    expect(await broker.queues()).toEqual([
      { name: 'default', waiting: 0, delayed: 0, active: 1, paused: false },
    ]);
    await delivery.settle(final());
    await broker.waitForEmpty();
  });

  it('holds back deliveries until the outage is over', async () => {
    const inner = await harness.open();
    const broker = new FlakyBroker(inner);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    broker.fail();
    const queued = entry();
    // Past the wrapper, as another process would.
    await inner.enqueue([queued]);
    await new Promise(setImmediate);
    expect(inbox.size).toBe(0);
    broker.restore();
    expect((await inbox.next()).id).toBe(idOf(queued));
  });
});
