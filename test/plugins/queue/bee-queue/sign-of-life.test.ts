import { SignOfLife } from '../../../../src/plugins/queue/bee-queue/sign-of-life.js';

const ms = (count: number): bigint => BigInt(count) * 1_000_000n;

/** Whether a keeper was late by more than 200 ms, as seen at a time, that took its turns at these. */
function wasLate(turns: readonly number[], at: number): boolean {
  const life = new SignOfLife();
  for (const turn of turns) life.noteTurn(ms(turn));
  return life.keeperWasLate(200, ms(at));
}

test('a keeper that takes its turns is not late, whatever the main thread does', () => {
  expect(wasLate([1_000, 1_100, 1_200], 1_250)).toBe(false);
});

test('one that stood still was, whether it wakes before the main thread or after it', () => {
  expect(wasLate([1_000, 1_100], 5_000)).toBe(true);
  expect(wasLate([1_000, 1_100, 5_000], 5_001)).toBe(true);
  // It is over with the next turn.
  expect(wasLate([1_000, 1_100, 5_000, 5_100], 5_101)).toBe(false);
});

test('of one that has hardly begun it is not known', () => {
  expect(wasLate([], 5_000)).toBe(true);
  expect(wasLate([4_990], 5_000)).toBe(true);
});
