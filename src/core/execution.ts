// The states of an execution and what is known of it from outside.
import type { JsonValue } from './json.js';

export const finalStates = [
  'success',
  'failed',
  'timed_out',
  'cancelled',
  'quarantined',
  'skipped',
] as const;
export const executionStates = [
  'pending',
  'queued',
  'running',
  'retrying',
  ...finalStates,
] as const;

export type FinalState = (typeof finalStates)[number];
export type ExecutionState = (typeof executionStates)[number];

export function isFinal(state: ExecutionState): state is FinalState {
  return (finalStates as readonly ExecutionState[]).includes(state);
}

/** An error as it is recorded: no stack for a person, the stack apart. */
export interface RecordedError {
  /** `SKEP_*` for errors of Skep, the class name otherwise. */
  readonly code: string;
  readonly message: string;
  /** Where Skep knows a more exact one than its catalogue. The record in Maria does not keep it. */
  readonly remedy?: string;
  readonly stack?: string;
}

/** What becomes of an attempt. */
export type Outcome =
  | { readonly kind: 'final'; readonly state: 'success'; readonly result: JsonValue | undefined }
  | {
      readonly kind: 'final';
      readonly state: Exclude<FinalState, 'success'>;
      readonly error: unknown;
    }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: unknown }
  /** Handed back: it counts neither as attempt nor as failure. */
  | { readonly kind: 'return' };

/** The account of a run's leases: `opened` is the sum of the other three, which exclude each other. */
export interface LedgerSummary {
  readonly opened: number;
  readonly closed: number;
  readonly killed: number;
  readonly leaked: number;
}

/** What one attempt came to; stored with the execution when the delivery is settled. */
export interface AttemptReport {
  readonly attempt: number;
  readonly worker: string;
  /** Milliseconds since 1970 UTC. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly result?: JsonValue;
  /** The line that `@Tracked({ summarize })` makes of the result. */
  readonly summary?: string;
  readonly error?: RecordedError;
  readonly ledger: LedgerSummary;
}

/** An execution as `skep executions` shows it. Times are milliseconds since 1970 UTC. */
export interface ExecutionView {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly state: ExecutionState;
  /** Number of the latest attempt, from 1; 0 before the first. */
  readonly attempt: number;
  readonly crashes: number;
  readonly payload: JsonValue;
  readonly dispatchedAt: number;
  /** Not to be started before. */
  readonly availableAt: number;
  readonly triggeredBy: string;
  /** What the queue holds of it is no envelope; `payload` is what it holds instead. */
  readonly unreadable?: true;
  /** It has ended, and its payload was too long for the queue to keep; `payload` is a note that says so. */
  readonly payloadNotKept?: true;
  /** It waits for a worker that knows its task, since then; those that had it do not. */
  readonly unknownSince?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly worker?: string;
  readonly result?: JsonValue;
  readonly error?: RecordedError;
  readonly ledger?: LedgerSummary;
  // What only the record of a tracked execution tells:
  readonly tracked?: true;
  readonly summary?: string;
  readonly schedule?: string;
  readonly scheduledFor?: number;
  readonly nextAttemptAt?: number;
  readonly parent?: string;
  readonly replayOf?: string;
  /** The user for whom it is, by the application's own id. */
  readonly userId?: string;
}

/** How one attempt went, in the history of its execution. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
  /** `crashed`: its process died; `retrying`: it failed and was tried again. */
  readonly outcome: FinalState | 'retrying' | 'returned' | 'crashed';
  readonly error?: RecordedError;
  readonly ledger?: LedgerSummary;
}

/** An execution with all its attempts, oldest first. */
export interface ExecutionDetails extends ExecutionView {
  readonly attempts: readonly AttemptRecord[];
}
