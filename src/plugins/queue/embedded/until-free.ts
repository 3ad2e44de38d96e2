// Tries again while another process writes, without holding up the event loop in between.
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { isBusy } from './sqlite-errors.js';

/** Writers hold the file for milliseconds; one that holds it longer than this is stuck. */
export const busyLimitMs = 10_000;
// SQLite keeps no line of those who wait. Against a process that commits all the time, only asking often meets one of
// the gaps between its commits; pauses in between keep a long wait cheap.
const askOftenMs = 2;
const firstPauseMs = 1;
const longestPauseMs = 10;

/**
 * Runs `work`, at once when the file is free.
 * @param limitMs gives up after this long, in milliseconds.
 * @throws what `work` throws; the busy error when the limit has passed.
 */
export async function untilFree<T>(work: () => T, limitMs: number = busyLimitMs): Promise<T> {
  const startedAt = performance.now();
  let askOftenUntil = startedAt + askOftenMs;
  for (let pauseMs = firstPauseMs; ; ) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() - startedAt >= limitMs) throw error;
    }
    if (performance.now() < askOftenUntil) {
      await turn();
    } else {
      await pause(pauseMs);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      askOftenUntil = performance.now() + askOftenMs;
    }
  }
}
