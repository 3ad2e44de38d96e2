// One attempt on its way through the runner: what was delivered, checked and understood.
import type { Envelope } from '../envelope.js';
import type { LedgerSummary, Outcome } from '../execution.js';
import type { TaskRecord } from '../tasks/task-record.js';
import type { RecordedRun } from './run-recorder.js';

export interface Attempt extends RecordedRun {
  readonly envelope: Envelope;
  readonly record: TaskRecord;
  readonly payload: unknown;
  /** Why the check of the payload was cut off; then there is no payload, and the code does not begin. */
  readonly cutOff?: Error;
  /** Milliseconds since 1970 UTC. */
  readonly startedAt: number;
  /** The time by the clock of its queue, milliseconds since 1970 UTC: delays and expiry go by it. */
  queueNow(): number;
}

/** What became of the code of an attempt, and the account of what it opened. */
export interface Performed {
  readonly decided: Outcome;
  readonly ledger: LedgerSummary;
}
