// Waiting for the end of an execution as people and code ask for it: not longer than they want, and not where the wait
// itself could keep the execution from starting.
import { type Duration, formatMs, parseDuration } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import type { ExecutionView } from '../execution.js';
import { currentRunFields, currentRunQueue } from '../log/run-fields.js';
import type { WaitForFinal } from './final-wait.js';

export interface WaitOptions {
  /** Gives up after this much time, such as `5m`; the execution goes on. Without it there is no bound. */
  readonly timeout?: Duration | undefined;
  /** Gives up when it aborts, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The longest time that a timer can be set for, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Waits for the end of an execution, for at most `timeout`.
 * @throws SkepError `SKEP_WAIT_TIMEOUT`; `SKEP_DISPATCH_INVALID` for a timeout that is no duration; what `wait` throws.
 */
export async function waitWithin(
  wait: WaitForFinal,
  id: string,
  { timeout, signal }: WaitOptions = {},
): Promise<ExecutionView> {
  if (timeout === undefined) return wait(id, signal);
  const timeoutMs = parseDuration(timeout);
  if (timeoutMs === undefined) {
    const message = `timeout: "${timeout}" is not a duration such as 5m`;
    throw new SkepError('SKEP_DISPATCH_INVALID', message);
  }
  const late = new AbortController();
  const giveUp = (): void => {
    const message = `${id} had not ended within ${formatMs(timeoutMs)}`;
    late.abort(new SkepError('SKEP_WAIT_TIMEOUT', message));
  };
  const timer = setTimeout(giveUp, Math.min(timeoutMs, longestTimerMs));
  try {
    return await wait(id, signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A run holds a slot of its queue while it waits. When all slots of a queue, on all workers, wait for executions of that
 * same queue, none of these can start, and the queue stands still for good: so the first such wait is refused, not the
 * last one.
 * @param queue of the execution that is waited for.
 * @throws SkepError `SKEP_WAIT_SAME_QUEUE` inside a run of that queue, called tasks and threads included.
 */
export function assertMayWait(task: string, queue: string): void {
  if (currentRunQueue() !== queue) return;
  const run = currentRunFields();
  const message = `a run of ${run?.task} waits for an execution of ${task}, and both are of the queue "${queue}"`;
  throw new SkepError('SKEP_WAIT_SAME_QUEUE', message);
}
