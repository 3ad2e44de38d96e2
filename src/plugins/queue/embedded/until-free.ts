// Tries again while another process writes, without holding up the event loop in between.
import { setTimeout as pause } from 'node:timers/promises';
import { isBusy } from './sqlite-errors.js';

/** Writers hold the file for milliseconds; one that holds it longer than this is stuck. */
export const busyLimitMs = 10_000;
const firstPauseMs = 2;
const longestPauseMs = 50;

/**
 * Runs `work`, at once when the file is free.
 * @param limitMs gives up after this long, in milliseconds.
 * @throws what `work` throws; the busy error when the limit has passed.
 */
export async function untilFree<T>(work: () => T, limitMs: number = busyLimitMs): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await pause(pauseMs);
  }
}
