// Workers whose clocks are far from each other's: what is due, how fast a task starts and what is kept is decided by the
// clock of Redis. In each test one worker has the right clock, and that of the other is 90 s ahead or behind.
import type { Broker, Delivery } from '../../../../src/core/ports/broker.js';
import type { Link } from '../../../../src/plugins/queue/bee-queue/link.js';
import { RedisClock } from '../../../../src/plugins/queue/bee-queue/redis-clock.js';
import { entries, entry, final, idOf, retry } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

const skewMs = 90_000;
/** For how long this process may stand still between two looks at a clock: far less than the clocks differ by. */
const pauseMs = 30_000;
const minuteMs = 60_000;

const isNear = (time: number, expected: number): boolean => Math.abs(time - expected) < pauseMs;

describeWithRedis('clocks that differ', () => {
  const redis = freshRedis('clocks');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix, '10m');
  });
  afterEach(() => harness.dispose());

  const openAhead = (aheadMs: number): Promise<Broker> =>
    harness.open({ seams: { now: () => Date.now() + aheadMs } });

  describe.each([
    ['ahead', skewMs],
    ['behind', -skewMs],
  ])('one worker is %s:', (_, aheadMs) => {
    it('a rate holds over both', async () => {
      const [right, wrong] = [await harness.open(), await openAhead(aheadMs)];
      const inboxes = [new Inbox(), new Inbox()] as const;
      await right.consume({ lanes: ['default'], concurrency: 3, ...inboxes[0] });
      await right.enqueue(entries(3));
      const deliveries: Delivery[] = await inboxes[0].take(3);
      await wrong.consume({ lanes: ['default'], concurrency: 3, ...inboxes[1] });
      await wrong.enqueue(entries(3));
      deliveries.push(...(await inboxes[1].take(3)));
      const limits = { task: 'noop', concurrency: undefined };
      const rate = { count: 3, windowMs: 10 * minuteMs };
      const startedAt = Date.now();
      const admissions = [];
      // In turn, so that each of them comes after starts of the other.
      for (const index of [0, 3, 1, 4, 2, 5]) {
        admissions.push(await deliveries[index]?.admit({ ...limits, rate }));
      }
      expect(admissions.map((each) => each?.admitted)).toEqual([
        ...[true, true, true],
        ...[false, false, false],
      ]);
      for (const each of admissions.slice(3)) {
        if (each?.admitted !== false) throw new Error('the rate was used up');
        expect(isNear(each.availableAt, startedAt + rate.windowMs)).toBe(true);
      }
      await Promise.all(deliveries.map((delivery) => delivery.settle(final())));
    });

    it('a delayed execution begins at its time on it, not before and not after', async () => {
      const [right, wrong] = [await harness.open(), await openAhead(aheadMs)];
      const inbox = new Inbox();
      await wrong.consume({ lanes: ['default'], concurrency: 5, ...inbox });
      const [early, due, delayed] = [
        entry({}, right.now() - minuteMs),
        entry({}, right.now()),
        entry({}, right.now() + minuteMs),
      ];
      // In one call: what is due is delivered by the claim that looked at all of them.
      await right.enqueue([delayed, early, due]);
      const delivered = await inbox.take(2);
      expect(new Set(delivered.map(({ id }) => id))).toEqual(new Set([early, due].map(idOf)));
      expect(inbox.size).toBe(0);
      expect(await wrong.queues()).toMatchObject([{ waiting: 0, delayed: 1, active: 2 }]);
      await Promise.all(delivered.map((delivery) => delivery.settle(final())));
    });

    it('a retry and what is postponed by it wait as long as they should', async () => {
      const wrong = await openAhead(aheadMs);
      const inbox = new Inbox();
      await wrong.consume({ lanes: ['default'], concurrency: 2, ...inbox });
      const [failing, refused] = [entry(), entry()];
      await wrong.enqueue([failing, refused]);
      const deliveries = await inbox.take(2);
      for (const delivery of deliveries) {
        const availableAt = delivery.now() + 10 * minuteMs;
        if (delivery.id === idOf(refused)) await delivery.settle({ kind: 'postpone', availableAt });
        else await delivery.settle(retry(failing.envelope, availableAt));
      }
      for (const { envelope } of [failing, refused]) {
        const view = await wrong.find(envelope.id);
        expect(isNear(view?.availableAt ?? 0, Date.now() + 10 * minuteMs)).toBe(true);
        const score = await harness.redis.zscore(harness.key('default', 'delayed'), envelope.id);
        expect(isNear(Number(score), Date.now() + 10 * minuteMs)).toBe(true);
      }
    });

    it('a refusal for want of a place says when to ask again by the clock of Redis', async () => {
      const wrong = await openAhead(aheadMs);
      const inbox = new Inbox();
      await wrong.consume({ lanes: ['default'], concurrency: 2, ...inbox });
      await wrong.enqueue(entries(2));
      const [first, second] = await inbox.take(2);
      const limits = { task: 'noop', concurrency: 1, rate: undefined };
      await first?.admit(limits);
      const refused = await second?.admit(limits);
      if (refused?.admitted !== false) throw new Error('there was one place');
      expect(isNear(refused.availableAt, Date.now())).toBe(true);
      await Promise.all([first?.settle(final()), second?.settle(final())]);
    });

    it('a unique key that is held for a time is held for that time', async () => {
      const wrong = await openAhead(aheadMs);
      const unique = { key: 'k', until: wrong.now() + minuteMs };
      await wrong.enqueue([entry({ unique })]);
      const heldMs = await harness.redis.pttl(`${harness.key('default', 'unique')}:k`);
      expect(heldMs).toBeGreaterThan(0);
      expect(isNear(heldMs, minuteMs)).toBe(true);
    });

    it('it knows the time of Redis, and by how much its own clock differs', async () => {
      const wrong = await openAhead(aheadMs);
      expect(isNear(wrong.now(), Date.now())).toBe(true);
      expect(isNear(wrong.clockAheadMs ?? 0, aheadMs)).toBe(true);
      expect((await wrong.examine()).clockAheadMs).toBeDefined();
    });
  });
});

describe('the clock of Redis as a process knows it', () => {
  /**
   * @param answers what Redis says, milliseconds since 1970 UTC, one answer after the other
   * @param lateMs how long each answer takes: the later, the less exact
   */
  function clockOf(answers: readonly number[], lateMs: readonly number[] = []): RedisClock {
    const coming = [...answers];
    const late = [...lateMs];
    const time = async (): Promise<[string, string]> => {
      const ms = coming.shift() ?? answers.at(-1) ?? 0;
      const waitMs = late.shift() ?? 0;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      return [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)];
    };
    const link = {
      onReturn: () => () => undefined,
      send: (work: (redis: { time: typeof time }) => Promise<unknown>) => work({ time }),
    } as unknown as Link;
    return new RedisClock({ link, seams: { now: () => 1_000 }, timeoutMs: 1_000 });
  }

  it('is that of the machine until Redis has answered', async () => {
    const clock = clockOf([5_000_000]);
    expect(clock.aheadMs).toBeUndefined();
    expect(clock.now()).toBe(1_000);
    await clock.measure();
    expect(clock.now()).toBeGreaterThanOrEqual(5_000_000);
    expect(isNear(clock.now(), 5_000_000)).toBe(true);
    expect(isNear(clock.aheadMs ?? 0, 1_000 - 5_000_000)).toBe(true);
  });

  it('follows when the clock of Redis was set', async () => {
    const clock = clockOf([5_000_000, 9_000_000]);
    await clock.measure();
    await clock.measure();
    expect(clock.now()).toBeGreaterThanOrEqual(9_000_000);
  });

  it('follows then also by answers that are less exact than the one before', async () => {
    const clock = clockOf([5_000_000, 9_000_000], [0, 30, 30, 30]);
    await clock.measure();
    await clock.measure();
    expect(clock.now()).toBeGreaterThanOrEqual(9_000_000);
  });
});
