// One attempt without a queue, as `skep run` makes it.
import type { Envelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { AttemptReport, FinalState } from '../execution.js';
import type { Tracker } from '../ports/tracker.js';
import type { Runner } from './runner.js';

export interface OnlyAttemptParts {
  readonly runner: Pick<Runner, 'perform'>;
  readonly tracker: Pick<Tracker, 'pending'>;
}

/** An execution without a queue; `tracked` where it is to be on record. */
export type OnlyAttemptEnvelope = Envelope & { readonly onlyAttempt: true };

/**
 * Performs the only attempt of an execution; that of a tracked task is on record like any other.
 * @throws SkepError `SKEP_NOT_BEGUN` when its beginning could not be recorded, and what recording the execution throws: in both
 *   cases no code of the task has run.
 */
export async function performOnlyAttempt(
  { runner, tracker }: OnlyAttemptParts,
  envelope: OnlyAttemptEnvelope,
): Promise<{ readonly state: FinalState; readonly report: AttemptReport }> {
  const { id, task, tracked, dispatchedAt } = envelope;
  if (tracked) await tracker.pending([{ envelope, availableAt: dispatchedAt }]);
  const settlement = await runner.perform({ id, raw: envelope, crashes: 0 });
  if (settlement.kind === 'final') return settlement;
  throw new SkepError('SKEP_NOT_BEGUN', `${task} has not run: its beginning could not be recorded`);
}
