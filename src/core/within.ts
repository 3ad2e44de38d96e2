// Bounds a step in time, or by a signal. What does not end in time is left behind, with its late rejection observed.

import { messageOf } from './errors/skep-error.js';

/** The error of a step that did not end in time. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
  constructor(readonly timeoutMs: number) {
    super(`not done within ${timeoutMs} ms`);
  }
}

/**
 * Runs a step for at most `timeoutMs`.
 * @throws what the step throws, or {@link NotInTime}.
 */
export async function within<T>(step: () => Promise<T> | T, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // In a process that stood still, timers come before what has arrived meanwhile: that is given its turn first.
    const giveUp = (): unknown => setImmediate(() => reject(new NotInTime(timeoutMs)));
    timer = setTimeout(giveUp, timeoutMs);
  });
  try {
    return await Promise.race([(async () => step())(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Like {@link within}, but returns what went wrong, or undefined. */
export async function settleWithin(
  step: () => Promise<unknown> | unknown,
  timeoutMs: number,
): Promise<unknown> {
  try {
    await within(step, timeoutMs);
    return undefined;
  } catch (error) {
    return settledError(error);
  }
}

/**
 * An error as an async function may return it. Of what it returns, the property `then` is read: a thenable would be waited for, and a
 * proxy may throw.
 */
export function settledError(error: unknown): unknown {
  if (error === undefined || error === null) return new Error('rejected without a reason');
  try {
    if (typeof (error as { then?: unknown }).then !== 'function') return error;
  } catch {
    // It cannot be asked.
  }
  return new Error(messageOf(error));
}

/**
 * Runs a step, unless the signal aborts first or has aborted: then the step is left behind, or not begun.
 * @throws what the step throws, or the signal's reason.
 */
export async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  step: () => Promise<T> | T,
): Promise<T> {
  if (signal === undefined) return step();
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([(async () => step())(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
