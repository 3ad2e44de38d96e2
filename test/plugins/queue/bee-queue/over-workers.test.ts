// What holds over all workers: limits of tasks, also when a worker dies that holds a place; and that a worker which is
// connected and gets nowhere helps itself.
import type { Broker, Delivery } from '../../../../src/core/ports/broker.js';
import type { FlowLimits } from '../../../../src/core/tasks/flow-options.js';
import { within } from '../../../../src/core/within.js';
import { crashHolding } from '../../../conformance/broker/crash-holding.js';
import { entries, entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { HalfOpenProxy } from '../../../support/servers/half-open-proxy.js';
import { RedisServer } from '../../../support/servers/redis-server.js';
import { type Start, tooSoon } from '../../../support/starts.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('over several workers', () => {
  const redis = freshRedis('over');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  const limits = (changes: Partial<FlowLimits>): FlowLimits => ({
    task: 'noop',
    concurrency: undefined,
    rate: undefined,
    ...changes,
  });

  /** Consumes as a worker does, under limits. */
  async function work(
    broker: Broker,
    flow: FlowLimits,
    perform: (delivery: Delivery, start: Start) => Promise<void>,
  ): Promise<void> {
    await broker.consume({
      lanes: ['default'],
      concurrency: 5,
      deliver: async (delivery) => {
        const askedAt = Date.now();
        const admission = await delivery.admit(flow);
        if (!admission.admitted) {
          return delivery.settle({ kind: 'postpone', availableAt: admission.availableAt });
        }
        await perform(delivery, { askedAt, admittedAt: Date.now() });
        await admission.release();
        return delivery.settle(final());
      },
    });
  }

  /** Two workers, none of which is ever taken for dead: this process may be held up while they hold something. */
  async function two(): Promise<[Broker, Broker]> {
    const stallInterval = '10m';
    return [await harness.open({ stallInterval }), await harness.open({ stallInterval })];
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('no more run at one time than the task allows', async () => {
    const [one, other] = await two();
    let running = 0;
    let most = 0;
    let meet: () => void = () => undefined;
    const haveMet = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const workers = new Set<Broker>();
    for (const broker of [one, other]) {
      await work(broker, limits({ concurrency: 2 }), async () => {
        workers.add(broker);
        running += 1;
        most = Math.max(most, running);
        // The first one stays until there is a second.
        if (running === 2) meet();
        await within(() => haveMet, 60_000);
        await turn();
        running -= 1;
      });
    }
    await one.enqueue(entries(40));
    await one.waitForEmpty();
    expect(most).toBe(2);
    expect(workers.size).toBe(2);
  });

  it('no more start in a time than the task allows', async () => {
    const [one, other] = await two();
    await one.enqueue(entries(12));
    const starts: Start[] = [];
    const rate = { count: 4, windowMs: 1_500 };
    for (const broker of [one, other]) {
      await work(broker, limits({ rate }), async (_, start) => {
        starts.push(start);
      });
    }
    await one.waitForEmpty();
    expect(starts).toHaveLength(12);
    // Two clocks are compared.
    expect(tooSoon(starts, { ...rate, windowMs: rate.windowMs - 100 })).toEqual([]);
  });

  it('a place is free again when the worker that held it has died', async () => {
    const broker = await harness.open();
    const first = entry();
    await broker.enqueue([first]);
    const script = new URL('./hold-place.ts', import.meta.url);
    await crashHolding(script, [harness.url, harness.prefix], 1);
    const second = entry();
    await broker.enqueue([second]);
    const done: string[] = [];
    await work(broker, limits({ concurrency: 1 }), async ({ id }) => {
      done.push(id);
    });
    await broker.waitForEmpty();
    expect(new Set(done)).toEqual(new Set([idOf(first), idOf(second)]));
  });

  it('gives back what was reserved for executions that were cancelled', async () => {
    const broker = await harness.open();
    const rate = { count: 1, windowMs: 60_000 };
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const three = entries(3);
    await broker.enqueue(three);
    const [first, second, third] = await inbox.take(3);
    expect(await first?.admit(limits({ rate }))).toMatchObject({ admitted: true });
    const refused = await second?.admit(limits({ rate }));
    if (refused?.admitted !== false) throw new Error('the rate was used up');
    await second?.settle({ kind: 'postpone', availableAt: refused.availableAt });
    expect(await broker.cancel(second?.id ?? '')).toBe('cancelled');
    const next = await third?.admit(limits({ rate }));
    expect(next).toMatchObject({ admitted: false });
    // The same turn that the cancelled one would have had, not the one after it.
    if (next?.admitted === false) expect(next.availableAt).toBe(refused.availableAt);
    await Promise.all([first?.settle(final()), third?.settle(final())]);
  });
});

describeWithRedis('the watchdog', () => {
  it('says that a connected worker gets no answer, and connects anew', async () => {
    const server = await RedisServer.create();
    const proxy = await HalfOpenProxy.create(server.port);
    const harness = new BeeQueueHarness(proxy.through(server.url), 'skep');
    harness.redis.on('error', () => undefined);
    try {
      const broker = await harness.open();
      const inbox = new Inbox();
      await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
      proxy.silence();
      await until(() =>
        harness.lines.some(({ message }) => message.startsWith('connected to Redis and not')),
      );
      proxy.restore();
      const queued = entry();
      await until(() =>
        broker.enqueue([queued]).then(
          () => true,
          () => false,
        ),
      );
      expect((await inbox.next()).id).toBe(idOf(queued));
    } finally {
      await harness.dispose();
      await proxy.close();
      await server.remove();
    }
  });
});
