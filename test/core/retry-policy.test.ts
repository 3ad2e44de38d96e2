import { duration } from '../../src/core/duration.js';
import { delayMs, retries, retryPolicy, timetable } from '../../src/core/tasks/retry-policy.js';

class Refused extends Error {}
class RefusedForGood extends Refused {}

describe('retry policy', () => {
  test('the n-th retry waits min(maxDelay, delay · 2^n), from n = 0', () => {
    const policy = retryPolicy({ maxRetries: 5, delay: '60s', maxDelay: '5m', jitter: 'none' });
    const waits = [0, 1, 2, 3, 4].map((n) => delayMs(policy, n, 0.7));
    expect(waits).toEqual([60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  test('full jitter is uniform on [0, wait], equal jitter on [wait/2, wait]', () => {
    const full = retryPolicy({ maxRetries: 1, delay: '10s', jitter: 'full' });
    expect([0, 0.25, 0.999999].map((r) => delayMs(full, 0, r))).toEqual([0, 2_500, 10_000]);
    const equal = retryPolicy({ maxRetries: 1, delay: '10s', jitter: 'equal' });
    expect([0, 0.5, 0.999999].map((r) => delayMs(equal, 0, r))).toEqual([5_000, 7_500, 10_000]);
  });

  test('fixed backoff stays; a function gets the number of the attempt that failed and is capped too', () => {
    const fixed = retryPolicy({ maxRetries: 9, delay: '7s', backoff: 'fixed', jitter: 'none' });
    expect([0, 5].map((n) => delayMs(fixed, n, 0))).toEqual([7_000, 7_000]);
    const own = retryPolicy({
      maxRetries: 9,
      backoff: (attempt) => duration(attempt * 10, 's'),
      maxDelay: '25s',
      jitter: 'none',
    });
    expect([0, 1, 2].map((n) => delayMs(own, n, 0))).toEqual([10_000, 20_000, 25_000]);
  });

  test('a retry number beyond what a double holds still waits maxDelay', () => {
    const policy = retryPolicy({ maxRetries: 5_000, delay: '1s', maxDelay: '1h', jitter: 'none' });
    expect(delayMs(policy, 4_999, 0)).toBe(3_600_000);
  });

  test('on and notOn take classes and predicates; notOn wins; subclasses count', () => {
    const policy = retryPolicy({
      maxRetries: 1,
      on: [Refused, (error) => (error as { code?: string }).code === 'EAGAIN'],
      notOn: [RefusedForGood],
    });
    expect(retries(policy, new Refused())).toBe(true);
    expect(retries(policy, Object.assign(new Error(), { code: 'EAGAIN' }))).toBe(true);
    expect(retries(policy, new RefusedForGood())).toBe(false);
    expect(retries(policy, new TypeError())).toBe(false);
    expect(retries(retryPolicy({ maxRetries: 1 }), 'anything')).toBe(true);
  });

  test('the timetable adds up earliest and latest', () => {
    const policy = retryPolicy({ maxRetries: 3, delay: '10s', jitter: 'equal' });
    expect(timetable(policy)).toEqual([
      row(2, 5_000, 10_000, 5_000, 10_000),
      row(3, 10_000, 20_000, 15_000, 30_000),
      row(4, 20_000, 40_000, 35_000, 70_000),
    ]);
  });
});

const row = (
  attempt: number,
  earliestMs: number,
  latestMs: number,
  cumulativeEarliestMs: number,
  cumulativeLatestMs: number,
) => ({ attempt, earliestMs, latestMs, cumulativeEarliestMs, cumulativeLatestMs });
