// Steps that are bounded in time or by a signal leave nothing behind: no timer that keeps a process alive, no listener on a signal
// that outlives them.
import { getEventListeners } from 'node:events';
import { NotInTime, settleWithin, unlessAborted, within } from '../../src/core/within.js';

const { jest } = import.meta;
const fails = (): Promise<never> => Promise.reject(new RangeError('boom'));

describe('within a time', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('a step that ends, well or not, leaves no timer', async () => {
    expect(await within(async () => 7, 60_000)).toBe(7);
    await expect(within(fails, 60_000)).rejects.toThrow('boom');
    expect(await settleWithin(() => undefined, 60_000)).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a step that does not end is left behind, and its late failure harms nobody', async () => {
    let fail: (error: Error) => void = () => undefined;
    const left = settleWithin(
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
      60_000,
    );
    await jest.advanceTimersByTimeAsync(60_001);
    expect(await left).toBeInstanceOf(NotInTime);
    fail(new Error('too late for anybody'));
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('unless a signal aborts', () => {
  test('a step that ends, well or not, leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(signal, async () => 7)).toBe(7);
    await expect(unlessAborted(signal, fails)).rejects.toThrow('boom');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('a step is not begun when it has aborted, and left behind when it aborts', async () => {
    const why = new Error('the runtime stops');
    let begun = 0;
    const step = (): Promise<never> => {
      begun += 1;
      return new Promise(() => undefined);
    };
    await expect(unlessAborted(AbortSignal.abort(why), step)).rejects.toBe(why);
    expect(begun).toBe(0);
    const stop = new AbortController();
    const left = unlessAborted(stop.signal, step);
    stop.abort(why);
    await expect(left).rejects.toBe(why);
    expect(begun).toBe(1);
  });
});
