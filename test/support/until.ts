// Polls a condition, with a deadline: for what tells nobody when it happens.
import { setTimeout as pause } from 'node:timers/promises';

const deadlineMs = 40_000;
const pauseMs = 5;

/** Resolves when the condition holds. @throws when it does not within so many milliseconds, 40 s when nothing is said. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs = deadlineMs,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await pause(pauseMs);
  }
}
