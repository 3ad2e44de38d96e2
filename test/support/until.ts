// Polls a condition, with a deadline: for what tells nobody when it happens.
import { setTimeout as pause } from 'node:timers/promises';

const deadlineMs = 20_000;
const pauseMs = 5;

/** Resolves when the condition holds. @throws when it does not within 20 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${condition}`);
    await pause(pauseMs);
  }
}
