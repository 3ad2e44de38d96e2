// Lanes that share the slots of a consumer, and consumers that share the slots of a process.
import { setImmediate as turn } from 'node:timers/promises';
import { Slots } from '../../../src/core/run/slots.js';
import { entries, entry, final, idOf, retry } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { until } from '../../support/until.js';
import { aFullRound } from './barrier.js';
import type { CurrentHarness } from './harness.js';

const lanes = ['default:high', 'default', 'default:low'] as const;
const [high, normal, low] = lanes;

export function lanesTests(harness: CurrentHarness): void {
  it('takes from a lane only when those before it have nothing due', async () => {
    const broker = await harness().open();
    const inLanes = [low, normal, high].map((queue) => entries(2, { queue }));
    for (const some of inLanes) await broker.enqueue(some);
    const inbox = new Inbox();
    await broker.consume({ lanes, concurrency: 1, ...inbox });
    const order: string[] = [];
    for (let left = 6; left > 0; left -= 1) {
      const delivery = await inbox.next();
      order.push(delivery.id);
      await delivery.settle(final());
    }
    expect(order).toEqual(inLanes.reverse().flat().map(idOf));
  });

  it('gives the next slot to what has come into an earlier lane meanwhile', async () => {
    const broker = await harness().open();
    const inbox = new Inbox();
    await broker.consume({ lanes, concurrency: 1, ...inbox });
    const [first, waiting] = entries(2, { queue: low });
    const urgent = entry({ queue: high });
    await broker.enqueue([first, waiting].flatMap((each) => each ?? []));
    const delivery = await inbox.next();
    await broker.enqueue([urgent]);
    await delivery.settle(final());
    const second = await inbox.next();
    expect(second.id).toBe(idOf(urgent));
    await second.settle(final());
    expect((await inbox.next()).id).toBe(waiting && idOf(waiting));
  });

  it('does not wait for what an earlier lane has for later', async () => {
    const broker = await harness().open();
    await broker.enqueue([entry({ queue: high }, Date.now() + 3_600_000)]);
    const due = entry({ queue: low });
    await broker.enqueue([due]);
    const inbox = new Inbox();
    await broker.consume({ lanes, concurrency: 2, ...inbox });
    expect((await inbox.next()).id).toBe(idOf(due));
  });

  it('has no more out of all lanes than the concurrency, and retries in the lane', async () => {
    const broker = await harness().open();
    await broker.enqueue(lanes.flatMap((queue) => entries(2, { queue })));
    const inbox = new Inbox();
    await broker.consume({ lanes, concurrency: 3, ...inbox });
    const out = await inbox.take(3);
    await aFullRound(broker);
    expect(inbox.size).toBe(0);
    const again = entry({ queue: high });
    const [first] = out;
    await broker.enqueue([again]);
    await first?.settle(retry({ ...again.envelope, id: first.id }, Date.now() + 3_600_000));
    const queues = await broker.queues();
    expect(queues.find(({ name }) => name === high)).toMatchObject({ delayed: 1 });
    expect((await inbox.next()).id).toBe(idOf(again));
  });

  it('takes no more slots than its share gives, and gives back each that is not used', async () => {
    const broker = await harness().open();
    const slots = new Slots(3);
    const met = new Set<string>();
    let out = 0;
    let most = 0;
    const deliver: Inbox['deliver'] = async (delivery) => {
      out += 1;
      most = Math.max(most, out);
      await turn();
      const isAgain = met.has(delivery.id);
      met.add(delivery.id);
      out -= 1;
      await delivery.settle(isAgain ? final() : { kind: 'return' });
    };
    for (const queue of ['red', 'blue']) {
      await broker.enqueue(entries(10, { queue }));
      await broker.consume({ lanes: [queue], concurrency: 5, share: slots.share(1), deliver });
    }
    await broker.waitForEmpty();
    expect(most).toBe(3);
    // All are there again, as soon as a look for more that is under way has given back what it took.
    const share = slots.share(1);
    await until(() => {
      const free = share.take(5);
      share.give(free);
      return free === 3;
    });
  });

  it('goes on in a queue that found no slot when another gives one back', async () => {
    const broker = await harness().open();
    const slots = new Slots(1);
    const [reds, blues] = [new Inbox(), new Inbox()];
    await broker.consume({ lanes: ['red'], concurrency: 5, share: slots.share(1), ...reds });
    await broker.enqueue([entry({ queue: 'red' })]);
    const red = await reds.next();
    await broker.consume({ lanes: ['blue'], concurrency: 5, share: slots.share(1), ...blues });
    await broker.enqueue([entry({ queue: 'blue' })]);
    await aFullRound(broker);
    expect(blues.size).toBe(0);
    await red.settle(final());
    await (await blues.next()).settle(final());
    await broker.waitForEmpty();
  });
}
