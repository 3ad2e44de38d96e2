// How long a supervisor waits before it replaces a process.
import { BackOff, defaultBackOff } from '../../../src/cli/supervisor/back-off.js';

const waits = (...lives: [livedMs: number, isRecycled?: boolean][]): number[] => {
  const backOff = new BackOff(defaultBackOff);
  return lives.map(([livedMs, isRecycled = false]) => backOff.next(livedMs, isRecycled));
};

test('doubles from one second to thirty, and does not give up', () => {
  const lives = Array.from({ length: 8 }, (): [number] => [100]);
  expect(waits(...lives)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  const many = Array.from({ length: 3_000 }, (): [number] => [0]);
  expect(waits(...many).at(-1)).toBe(30_000);
});

test('begins anew after a process that lived for a minute', () => {
  expect(waits([0], [0], [59_999], [60_000], [0])).toEqual([1_000, 2_000, 4_000, 1_000, 2_000]);
});

test('one that is worn out is replaced at once', () => {
  expect(waits([10_000, true], [3_600_000, true], [10_000, true])).toEqual([0, 0, 0]);
});

test('one that is worn out as soon as it has begun is not: that would be a storm', () => {
  expect(waits([9_999, true], [50, true], [50, true])).toEqual([1_000, 2_000, 4_000]);
});
