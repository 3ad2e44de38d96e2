// A row of the old table, and what its status means here.
import type { ExecutionState } from 'skep';

/** The ids of the old status table. */
export const statusIds: Readonly<Record<ExecutionState, number>> = {
  pending: 1,
  queued: 1,
  running: 2,
  retrying: 2,
  success: 3,
  failed: 4,
  timed_out: 5,
  cancelled: 6,
  quarantined: 4,
  skipped: 7,
};

export interface LegacyRow {
  readonly execution_id: string;
  readonly job_code: string;
  readonly arguments: string;
  readonly status_id: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly duration_ms: number | null;
  readonly result_summary: string | null;
  readonly error_message: string | null;
  readonly fence: number;
}

/** The first state that has this id: several of ours are one of theirs. */
export function stateOf({ status_id: id, completed_at }: LegacyRow): ExecutionState {
  const states = Object.keys(statusIds) as ExecutionState[];
  if (completed_at === null) return id === statusIds.running ? 'running' : 'queued';
  return states.find((state) => statusIds[state] === id) ?? 'failed';
}
