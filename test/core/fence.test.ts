// Fences of runs: in the order of their attempts, whole numbers that every part of the system can hold, no two alike.
import { firstFence, newFence } from '../../src/core/run/fence.js';
import { systemSeams } from '../../src/core/seams.js';

const lowest = { random: () => 0 };
/** The greatest number below 1. */
const highest = { random: () => 1 - Number.EPSILON / 2 };
const mostAttempts = 2 ** 21 - 1;

test.each([1, 2, 3, 1_000, mostAttempts - 1])(
  'every run of attempt %i comes before every run of the next',
  (attempt) => {
    expect(newFence(attempt, highest)).toBeLessThan(newFence(attempt + 1, lowest));
  },
);

test.each([1, 2, 1_000, mostAttempts])(
  'the first fence of attempt %i parts it from the one before, and is no run of either',
  (attempt) => {
    expect(firstFence(attempt)).toBeLessThan(newFence(attempt, lowest));
    expect(firstFence(attempt)).toBeGreaterThan(newFence(attempt - 1, highest));
  },
);

test.each([1, 7, mostAttempts])('fences of attempt %i are safe integers', (attempt) => {
  for (const seams of [lowest, highest, systemSeams]) {
    expect(Number.isSafeInteger(newFence(attempt, seams))).toBe(true);
  }
});

test('runs of one attempt have fences of their own, however close their random numbers', () => {
  const runs = 1_000;
  const step = 2 ** -31;
  const fences = Array.from({ length: runs }, (_, run) =>
    newFence(3, { random: () => 0.5 + run * step }),
  );
  expect(new Set(fences).size).toBe(runs);
});

test('runs as they happen have fences of their own', () => {
  const fences = Array.from({ length: 100 }, () => newFence(1, systemSeams));
  expect(new Set(fences).size).toBe(fences.length);
});
