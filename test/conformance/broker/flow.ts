// Limits that tasks have over all workers: places and the rate, and what is postponed because of them.
import { setTimeout as work } from 'node:timers/promises';
import type { Broker } from '../../../src/core/ports/broker.js';
import type { FlowLimits } from '../../../src/core/tasks/flow-options.js';
import { entries, entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { quick } from '../../support/quick.js';
import { type Start, tooSoon } from '../../support/starts.js';
import type { CurrentHarness } from './harness.js';

/** Clocks and notes of a broker elsewhere may differ by so much. */
const toleranceMs = 150;

/** What is postponed for so long comes in a test only because it is brought forward. */
const muchLaterMs = 3_600_000;

function flow(changes: Partial<FlowLimits>): FlowLimits {
  return { task: 'noop', concurrency: undefined, rate: undefined, ...changes };
}

export function flowTests(harness: CurrentHarness): void {
  async function consuming(concurrency: number): Promise<{ broker: Broker; inbox: Inbox }> {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency, ...inbox });
    return { broker, inbox };
  }

  it('delivers again what was postponed, at its time, counting neither attempt nor crash', async () => {
    const { broker, inbox } = await consuming(1);
    const [parked, queued] = [entry(), entry()];
    await broker.enqueue([parked]);
    const muchLater = Date.now() + muchLaterMs;
    await (await inbox.next()).settle({ kind: 'postpone', availableAt: muchLater });
    const view = await broker.find(idOf(parked));
    expect(view).toMatchObject({
      ...{ state: 'queued', attempt: 0, crashes: 0 },
      availableAt: muchLater,
    });
    expect(view).not.toHaveProperty('startedAt');
    expect(await broker.queues()).toMatchObject([{ waiting: 0, delayed: 1, active: 0 }]);
    // Its slot is free meanwhile.
    await broker.enqueue([queued]);
    const delivery = await inbox.next();
    expect(delivery.id).toBe(idOf(queued));
    const availableAt = Date.now() + 300;
    await delivery.settle({ kind: 'postpone', availableAt });
    const again = await inbox.next();
    expect(Date.now()).toBeGreaterThanOrEqual(availableAt);
    expect(again).toMatchObject({ id: idOf(queued), crashes: 0, raw: queued.envelope });
    const stale = { code: 'SKEP_STALE_DELIVERY' };
    await expect(delivery.settle({ kind: 'postpone', availableAt })).rejects.toMatchObject(stale);
    await again.settle(final());
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success', attempt: 1 });
  });

  it('tells since when something waits for a worker that knows its task, until one has had it that does', async () => {
    const { broker, inbox } = await consuming(1);
    const queued = entry({ headers: { trace: 'x' } } as object);
    await broker.enqueue([queued]);
    const unknownSince = Date.now() - 5_000;
    const soon = { kind: 'postpone', availableAt: 0 } as const;
    const first = await inbox.next();
    expect(first.unknownSince).toBeUndefined();
    const muchLater = Date.now() + muchLaterMs;
    await first.settle({ kind: 'postpone', availableAt: muchLater, unknownSince });
    expect(await broker.find(idOf(queued))).toMatchObject({
      ...{ state: 'queued', attempt: 0, crashes: 0, unknownSince },
    });
    expect(await broker.list({ limit: 5 })).toMatchObject([{ unknownSince }]);
    await broker.cancel(idOf(queued));
    const others = entries(3);
    for (const [index, other] of others.entries()) {
      await broker.enqueue([other]);
      await (await inbox.next()).settle({ ...soon, unknownSince });
      const again = await inbox.next();
      expect(again).toMatchObject({ id: idOf(other), unknownSince, crashes: 0 });
      // Who has it now does know the task, whatever comes of it.
      if (index === 0) await again.settle({ kind: 'return' });
      else if (index === 1) await again.settle(soon);
      else await again.settle(retry(other.envelope, 0));
      const last = await inbox.next();
      expect(last.unknownSince).toBeUndefined();
      expect(await broker.find(idOf(other))).not.toHaveProperty('unknownSince');
      await last.settle(final());
      expect(await broker.find(idOf(other))).not.toHaveProperty('unknownSince');
    }
  });

  it('keeps what it does not know of an envelope, however it comes again', async () => {
    const { broker, inbox } = await consuming(1);
    const queued = entry({ headers: { trace: 'x' }, unique: { key: 'k', scope: 'all' } } as object);
    await broker.enqueue([queued]);
    await (await inbox.next()).settle({ kind: 'return' });
    await (await inbox.next()).settle({ kind: 'postpone', availableAt: 0, unknownSince: 1 });
    await (await inbox.next()).settle(retry(queued.envelope, 0));
    const delivery = await inbox.next();
    expect(delivery.raw).toEqual({ ...queued.envelope, attempt: 2 });
    await delivery.settle(final());
  });

  it('admits as many as the concurrency of the task, and brings the next as soon as a place is free', async () => {
    const { broker, inbox } = await consuming(5);
    const limits = flow({ concurrency: 1 });
    await quick(2_000, async () => {
      const [first, second] = [entry(), entry()];
      await broker.enqueue([first, second]);
      const [one, two] = await inbox.take(2);
      if (one === undefined || two === undefined) throw new Error('two were to be delivered');
      const admitted = await one.admit(limits);
      const askedAt = Date.now();
      const refused = await two.admit(limits);
      expect(admitted.admitted).toBe(true);
      if (!admitted.admitted || refused.admitted) throw new Error('only the first has a place');
      expect(refused.availableAt).toBeGreaterThan(askedAt + 1_000);
      await two.settle({ kind: 'postpone', availableAt: refused.availableAt + muchLaterMs });
      const freedAt = performance.now();
      await admitted.release();
      await one.settle(final());
      const again = await inbox.next();
      const tookMs = performance.now() - freedAt;
      expect(again.id).toBe(two.id);
      const place = await again.admit(limits);
      expect(place).toMatchObject({ admitted: true });
      if (place.admitted) await place.release();
      await again.settle(final());
      return tookMs;
    });
  });

  it('brings one forward that is postponed after the place it was refused became free', async () => {
    const { broker, inbox } = await consuming(5);
    const limits = flow({ concurrency: 1 });
    await broker.enqueue(entries(2));
    const [one, two] = await inbox.take(2);
    if (one === undefined || two === undefined) throw new Error('two were to be delivered');
    const admitted = await one.admit(limits);
    const refused = await two.admit(limits);
    if (!admitted.admitted || refused.admitted) throw new Error('only the first has a place');
    await admitted.release();
    await two.settle({ kind: 'postpone', availableAt: refused.availableAt + muchLaterMs });
    expect((await inbox.next()).id).toBe(two.id);
  });

  it('limits each task by itself', async () => {
    const { broker, inbox } = await consuming(5);
    await broker.enqueue(entries(2));
    const [one, two] = await inbox.take(2);
    expect(await one?.admit(flow({ task: 'a', concurrency: 1 }))).toMatchObject({ admitted: true });
    expect(await two?.admit(flow({ task: 'b', concurrency: 1 }))).toMatchObject({ admitted: true });
  });

  /** Performs all as a worker does; `perform` is what it does with those that are admitted. */
  async function performAll(
    count: number,
    limits: FlowLimits,
    perform: (start: Start) => Promise<void>,
  ): Promise<number> {
    const broker = await harness().open();
    let delivered = 0;
    await broker.enqueue(entries(count));
    await broker.consume({
      lanes: ['default'],
      concurrency: 10,
      deliver: async (delivery) => {
        delivered += 1;
        const askedAt = Date.now();
        const admission = await delivery.admit(limits);
        if (!admission.admitted) {
          return delivery.settle({ kind: 'postpone', availableAt: admission.availableAt });
        }
        await perform({ askedAt, admittedAt: Date.now() });
        await admission.release();
        return delivery.settle(final());
      },
    });
    await broker.waitForEmpty();
    return delivered;
  }

  it('never runs more at one time, and leaves none behind', async () => {
    let running = 0;
    let most = 0;
    await performAll(40, flow({ concurrency: 3 }), async () => {
      running += 1;
      most = Math.max(most, running);
      await work(5);
      running -= 1;
    });
    expect(most).toBe(3);
  });

  it('starts no more in any window than the rate allows, and postpones no one again and again', async () => {
    const rate = { count: 5, windowMs: 400 };
    // Four windows are needed; a little more is the way there and back.
    await quick(4 * rate.windowMs + 1_200, async () => {
      const starts: Start[] = [];
      const delivered = await performAll(22, flow({ rate }), async (start) => {
        starts.push(start);
      });
      const { windowMs } = rate;
      expect(tooSoon(starts, { ...rate, windowMs: windowMs - toleranceMs })).toEqual([]);
      expect(starts).toHaveLength(22);
      expect(delivered).toBeLessThanOrEqual(22 * 4);
      return (starts.at(-1)?.admittedAt ?? 0) - (starts[0]?.admittedAt ?? 0);
    });
  });

  it('keeps to both limits of a task that has two', async () => {
    let running = 0;
    let most = 0;
    const rate = { count: 10, windowMs: 300 };
    await performAll(25, flow({ concurrency: 2, rate }), async () => {
      running += 1;
      most = Math.max(most, running);
      await work(5);
      running -= 1;
    });
    expect(most).toBe(2);
  });
}
