// Closing several parts one after the other: each step is bounded in time, and one that fails or hangs is named in the
// log and leaves none of the others open.
import { formatMs } from './duration.js';
import type { Logger } from './log/logger.js';
import { NotInTime, settledError, settleWithin } from './within.js';

/** How long one step of closing may take when nothing else is given, in milliseconds. */
export const defaultCloseTimeoutMs = 10_000;

export interface ClosingStep {
  /** As the log names it: `plugin "mail"`, `the queue`. */
  readonly name: string;
  close(): Promise<unknown> | unknown;
  /** Milliseconds; `own` where the part bounds its steps itself. */
  readonly timeoutMs: number | 'own';
}

/** Closes in the given order. Never rejects. */
export async function closeInOrder(steps: readonly ClosingStep[], logger: Logger): Promise<void> {
  for (const step of steps) await closeStep(step, logger);
}

/** Closes all at the same time. Never rejects. */
export async function closeTogether(steps: readonly ClosingStep[], logger: Logger): Promise<void> {
  await Promise.all(steps.map((step) => closeStep(step, logger)));
}

async function closeStep({ name, close, timeoutMs }: ClosingStep, logger: Logger): Promise<void> {
  const error =
    timeoutMs === 'own' ? await errorOf(close) : await settleWithin(() => close(), timeoutMs);
  if (error === undefined) return;
  const what =
    error instanceof NotInTime
      ? `${name} did not close within ${formatMs(error.timeoutMs)} and is left behind`
      : `${name} failed to close`;
  logger.warn(what, { part: name, error });
}

async function errorOf(close: ClosingStep['close']): Promise<unknown> {
  try {
    await close();
    return undefined;
  } catch (error) {
    return settledError(error);
  }
}
