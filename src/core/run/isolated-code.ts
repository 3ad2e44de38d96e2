// Performs an attempt in a thread of its own, under the clock of the main thread: whatever the code does there, its
// limits are kept here.
import type { LedgerSummary, Outcome } from '../execution.js';
import type { IsolatedAttempt, IsolatedEnd, IsolatedRun, Isolation } from '../ports/isolation.js';
import { sumLedgers } from './ledgers.js';
import type { RunEnd } from './outcome.js';
import type { RunClock } from './run-clock.js';
import { toldOf } from './told-interruption.js';

/** What became of it: decided in the thread, or to be decided here. */
export type IsolatedResult = { readonly ledger: LedgerSummary } & (
  | { readonly decided: Outcome }
  | { readonly end: RunEnd }
);

export interface IsolatedParts {
  readonly isolation: Isolation;
  readonly attempt: IsolatedAttempt;
  /** Makes the clock of the run. */
  clock(onKill: () => Promise<unknown>): RunClock;
  progress(fraction: number, message: string | undefined): void;
}

/** Performs the attempt, and returns the clock it ran under. Never rejects. */
export async function performIsolated(
  parts: IsolatedParts,
): Promise<{ readonly result: IsolatedResult; readonly clock: RunClock }> {
  let run: IsolatedRun | undefined;
  const clock = parts.clock(async () => run?.kill());
  try {
    run = await parts.isolation.start(parts.attempt, parts.progress, clock.signal);
    clock.begin();
    return { result: await underClock(run, clock), clock };
  } catch (error) {
    // Nothing of it has begun: interrupted while it waited for a thread, or no thread could be made.
    return { result: { end: { kind: 'threw', error }, ledger: sumLedgers([]) }, clock };
  } finally {
    clock.dispose();
  }
}

async function underClock(run: IsolatedRun, clock: RunClock): Promise<IsolatedResult> {
  clock.onInterruption((interruption) => {
    const told = toldOf(interruption);
    if (told) run.interrupt(told);
  });
  const abandoned = new Promise<undefined>((resolve) => {
    clock.onAbandoned(() => resolve(undefined));
  });
  const ended = await Promise.race([run.ended, abandoned]);
  if (ended !== undefined) return resultOf(ended);
  const { gone, ledger } = await run.terminate();
  return { end: { kind: gone ? 'terminated' : 'abandoned' }, ledger };
}

function resultOf(ended: IsolatedEnd): IsolatedResult {
  const { ledger } = ended;
  if (ended.kind === 'decided') return { decided: ended.decided, ledger };
  return { end: { kind: 'threw', error: ended.error }, ledger };
}
