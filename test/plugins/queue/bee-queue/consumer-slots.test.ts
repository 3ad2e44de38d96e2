import { Slots } from '../../../../src/core/run/slots.js';
import { ConsumerSlots } from '../../../../src/plugins/queue/bee-queue/consumer-slots.js';
import { Inbox } from '../../../support/inbox.js';

describe('the slots of a consumer of bee-queue', () => {
  /** Longer than this process is ever held up. */
  const freshMs = 3_600_000;
  const slots = (share?: ReturnType<Slots['share']>): ConsumerSlots =>
    new ConsumerSlots(
      { lanes: ['default'], concurrency: 5, ...(share ? { share } : {}), ...new Inbox() },
      [''],
      freshMs,
    );
  const nothing = { claimed: 0, isPaused: false, hasMore: false, nextDue: -1 };

  it('claim a job that was just popped, and none that others may have by now', () => {
    const own = slots();
    const now = performance.now();
    own.popped({ suffix: '', id: 'fresh', askedAt: now });
    // This process was held up since: the stall check may have given it to another worker.
    own.popped({ suffix: '', id: 'old', askedAt: now - freshMs - 1 });
    expect(own.reserve().popped.map(({ id }) => id)).toEqual(['fresh']);
    expect(own.reserve().popped).toEqual([]);
  });

  it('keep what was popped when the call with it failed', () => {
    const own = slots();
    own.popped({ suffix: '', id: 'a', askedAt: performance.now() });
    const { wanted, popped } = own.reserve();
    own.failed(wanted, popped);
    expect(own.reserve()).toMatchObject({ wanted: 5, popped: [{ id: 'a' }] });
  });

  it('are not idle while the process has no slot for them, and are woken when it has', () => {
    const all = new Slots(2);
    const other = all.share(1);
    expect(other.take(2)).toBe(2);
    const own = slots(all.share(1));
    expect(own.reserve().wanted).toBe(0);
    own.answered({ asked: 0, ...nothing, hasMore: true });
    expect([own.isIdle, own.wantsCall]).toEqual([false, false]);
    own.arrived();
    expect(own.wantsCall).toBe(true);
  });

  it('give every slot of the process back that they did not use', () => {
    const all = new Slots(3);
    const own = slots(all.share(1));
    expect(own.reserve().wanted).toBe(3);
    own.answered({ asked: 3, ...nothing });
    expect(own.isIdle).toBe(true);
    expect(all.share(1).take(5)).toBe(3);
  });
});
