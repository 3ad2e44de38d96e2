// The slots of a process: by weight, never idle while there is work, never more than there are, none lost.
import type { SlotShare } from '../../src/core/ports/slot-share.js';
import { Slots } from '../../src/core/run/slots.js';

/** Lets the shares be told that are told a turn later. */
const told = (): Promise<void> => Promise.resolve();

function shares(slots: Slots, ...weights: number[]): SlotShare[] {
  return weights.map((weight) => slots.share(weight));
}

/** Each in turn takes one slot until nobody gets any; how many each has got. */
function contend(all: readonly SlotShare[], already: readonly number[] = []): number[] {
  const got = all.map((_, index) => already[index] ?? 0);
  for (const each of all) each.hungry(true);
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const [index, each] of all.entries()) {
      const taken = each.take(1);
      got[index] = (got[index] ?? 0) + taken;
      isMoving ||= taken > 0;
    }
  }
  return got;
}

describe('slots', () => {
  it.each([
    [10, [1], [10]],
    [10, [1, 1], [5, 5]],
    [20, [9, 1], [18, 2]],
    [4, [3, 1], [3, 1]],
    [7, [1, 1, 1], [3, 2, 2]],
    // Nobody is left with nothing.
    [10, [100, 1], [9, 1]],
    [5, [1_000, 1, 1], [3, 1, 1]],
  ])('%s go to weights %j as %j while all have work', (total, weights, expected) => {
    expect(contend(shares(new Slots(total), ...weights))).toEqual(expected);
  });

  it('are taken by one queue while the others are idle, and never more than there are', () => {
    const [busy, idle] = shares(new Slots(8), 1, 9);
    expect(busy?.take(5)).toBe(5);
    expect(busy?.take(5)).toBe(3);
    expect(busy?.take(5)).toBe(0);
    expect(idle?.take(1)).toBe(0);
  });

  it('come back by weight when a queue that was idle has work', () => {
    const [first, second] = shares(new Slots(6), 1, 2);
    expect(first?.take(6)).toBe(6);
    first?.hungry(true);
    second?.hungry(true);
    const got = { first: 6, second: 0 };
    for (let round = 0; round < 12; round += 1) {
      first?.give(1);
      got.first -= 1;
      // The one that gives asks first.
      got.first += first?.take(1) ?? 0;
      got.second += second?.take(6) ?? 0;
    }
    expect(got).toEqual({ first: 2, second: 4 });
  });

  it('that one queue holds without asking for more are not counted as shared', () => {
    const [long, left, right] = shares(new Slots(10), 1, 1, 1);
    expect(long?.take(6)).toBe(6);
    expect(contend([left, right].flatMap((each) => each ?? []))).toEqual([2, 2]);
  });

  it('of which there are fewer than queues go round, the heavier more often', () => {
    const [heavy, light] = shares(new Slots(1), 3, 1);
    const order: string[] = [];
    heavy?.hungry(true);
    light?.hungry(true);
    for (let round = 0; round < 40; round += 1) {
      const isHeavy = heavy?.take(1) === 1;
      if (!isHeavy) expect(light?.take(1)).toBe(1);
      order.push(isHeavy ? 'heavy' : 'light');
      (isHeavy ? heavy : light)?.give(1);
    }
    const lights = order.filter((each) => each === 'light').length;
    expect(lights).toBeGreaterThanOrEqual(5);
    expect(lights).toBeLessThan(20);
  });

  it('that become free are told to who got fewer than it wanted, once, and to nobody else', async () => {
    const [first, second] = shares(new Slots(2), 1, 1);
    const calls: string[] = [];
    first?.onFree(() => calls.push('first'));
    second?.onFree(() => calls.push('second'));
    expect(first?.take(2)).toBe(2);
    expect(second?.take(1)).toBe(0);
    first?.give(1);
    first?.give(1);
    await told();
    expect(calls).toEqual(['second']);
  });

  it('are not told when who gave took them again at once', async () => {
    const [first, second] = shares(new Slots(1), 1, 1);
    let calls = 0;
    second?.onFree(() => {
      calls += 1;
    });
    first?.take(1);
    second?.take(1);
    first?.give(1);
    expect(first?.take(1)).toBe(1);
    await told();
    expect(calls).toBe(0);
    first?.give(1);
    await told();
    expect(calls).toBe(1);
  });

  it('that were kept for a queue are told when it has no work after all', async () => {
    const [first, second] = shares(new Slots(4), 1, 1);
    let calls = 0;
    first?.onFree(() => {
      calls += 1;
    });
    second?.hungry(true);
    expect(first?.take(4)).toBe(2);
    second?.hungry(false);
    await told();
    expect(calls).toBe(1);
    expect(first?.take(2)).toBe(2);
  });

  it('are as before when what was given and taken is undone', () => {
    const [first, second] = shares(new Slots(3), 1, 1);
    first?.take(3);
    // A transaction in which two end and the other queue takes what is free; it fails.
    first?.give(2);
    expect(second?.take(3)).toBe(2);
    first?.retake(2);
    second?.give(2);
    expect(second?.take(1)).toBe(0);
    first?.give(3);
    expect(second?.take(4)).toBe(3);
  });

  it('are neither lost nor made up, whatever is done with them', () => {
    const total = 7;
    const all = shares(new Slots(total), 5, 2, 1);
    const held = all.map(() => 0);
    // Park and Miller's generator: the same every time.
    let state = 42;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let step = 0; step < 5_000; step += 1) {
      const index = random(all.length);
      const share = all[index];
      const has = held[index] ?? 0;
      if (share === undefined) continue;
      share.hungry(random(2) === 0);
      if (random(2) === 0) {
        held[index] = has + share.take(random(total + 2));
      } else {
        const given = random(has + 1);
        share.give(given);
        held[index] = has - given;
      }
      expect(held.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(total);
    }
    for (const [index, share] of all.entries()) {
      share.give(held[index] ?? 0);
      share.hungry(false);
    }
    expect(all[2]?.take(total + 1)).toBe(total);
  });
});
