// Whether what is said of a run still counts: the rules of the fence, without any database.
import { type ExecutionState, isFinal } from '../../../core/execution.js';
import type { TrackedAttempt } from '../../../core/ports/tracker.js';
import { firstFence } from '../../../core/run/fence.js';

/** What is locked of an execution to decide about it. */
export interface LockedRow {
  readonly id: string;
  readonly task: string;
  readonly status: ExecutionState;
  readonly fence: number;
  readonly worker: string | null;
  readonly started_at: Date | string | null;
  readonly attempts: number;
  readonly retries: number;
  readonly crashes: number;
}

export const lockedColumns =
  'id, task, status, fence, worker, started_at, attempts, retries, crashes';

export type Standing = 'current' | 'final' | 'superseded' | 'foreign';

/** A run may begin unless its execution has ended or a later attempt is recorded. */
export function standingOfBeginning(row: LockedRow, { attempt, task }: TrackedAttempt): Standing {
  if (row.task !== task) return 'foreign';
  if (isFinal(row.status)) return 'final';
  return row.fence < firstFence(attempt + 1) ? 'current' : 'superseded';
}

/**
 * What a run says of its end counts when the record is of this run, or of an earlier attempt: its own beginning may not
 * have been recorded. It does not count over another run of the same attempt, which began after it.
 */
export function standingOfEnd(row: LockedRow, { attempt, fence, task }: TrackedAttempt): Standing {
  if (row.task !== task) return 'foreign';
  if (isFinal(row.status)) return 'final';
  return row.fence === fence || row.fence <= firstFence(attempt) ? 'current' : 'superseded';
}
