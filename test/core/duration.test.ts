import { duration, durationMs } from '../../src/core/duration.js';

describe('duration()', () => {
  test('makes what is computed a duration, rounded to milliseconds', () => {
    expect(durationMs(duration(90, 's'))).toBe(90_000);
    expect(durationMs(duration(1 / 3, 's'))).toBe(333);
    expect(durationMs(duration(1e-7, 'h'))).toBe(0);
    expect(durationMs(duration(1.5, 'd'))).toBe(129_600_000);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e21])('refuses %p', (amount) => {
    expect(() => duration(amount, 's')).toThrow(RangeError);
  });
});
