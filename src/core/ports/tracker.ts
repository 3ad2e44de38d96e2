// The tracker port: where tracked executions are recorded. What it says is the truth about them.
import type { Envelope } from '../envelope.js';
import type { AttemptReport, FinalState, RecordedError } from '../execution.js';
import type { JsonValue } from '../json.js';

/** A transaction of the application's database; the EntityManager of TypeORM is one. */
export interface Transaction {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
  readonly queryRunner?: { readonly isTransactionActive: boolean } | undefined;
}

/** An execution that is to be recorded before anything else happens to it. */
export interface PendingExecution {
  readonly envelope: Envelope;
  /** Not to be started before; milliseconds since 1970 UTC. */
  readonly availableAt: number;
}

/** One run, told apart from all others of its execution. */
export interface TrackedAttempt {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  readonly worker: string;
  /** Greater for a later attempt (run/fence.ts); what comes under a smaller one than the record's is refused. */
  readonly fence: number;
}

/** How the record of an execution ends, and not by the run that asks. */
export type NotCurrent =
  /** It has ended: by `context.complete`, in an earlier run, or because it was cancelled. */
  | { readonly kind: 'final'; readonly state: FinalState; readonly report: AttemptReport }
  /** A later attempt is recorded. */
  | { readonly kind: 'superseded' }
  /** The execution on record is of another task: what was delivered under its id is not its own. */
  | { readonly kind: 'foreign'; readonly task: string };

export type Beginning = { readonly kind: 'begun' } | NotCurrent;
export type Recorded = { readonly kind: 'recorded' } | NotCurrent;

/**
 * Durable when a call resolves. Recording never decides what a task did: the runner tries a failing tracker again and
 * goes on. Every call about a run names it with its fence.
 */
export interface Tracker {
  /** Before the broker has them. An id that is known already is left as it is. */
  pending(executions: readonly PendingExecution[]): Promise<void>;
  /**
   * Like `pending`, in a transaction of the caller: recorded if and only if that commits, and queued after it by a relay.
   * @throws SkepError `SKEP_NOT_TRACKING` when the tracker has no such place.
   */
  pendingWithin(transaction: Transaction, executions: readonly PendingExecution[]): Promise<void>;
  /**
   * The broker has them. Changes nothing of what has begun since. It may be written a moment later: what is not, is found
   * to be queued by whoever looks for what is `pending`.
   */
  queued(executionIds: readonly string[]): Promise<void>;
  /** They were not queued after all: another execution stands for each of them. */
  discarded(executionIds: readonly string[]): Promise<void>;
  /**
   * Their dispatch has failed, and their caller was told so: they end as `cancelled`, and nobody runs what is queued of
   * them all the same. Changes nothing of what has begun.
   */
  withdrawn(executionIds: readonly string[], error: RecordedError, at: number): Promise<void>;
  /** Before the code of a run; only what has `begun` may run. */
  begin(attempt: TrackedAttempt, startedAt: number): Promise<Beginning>;
  progress(attempt: TrackedAttempt, fraction: number, message?: string): void;
  /** Handed back unfinished: queued again, counted neither as attempt nor as crash. */
  returned(attempt: TrackedAttempt): Promise<void>;
  retrying(
    attempt: TrackedAttempt,
    report: AttemptReport,
    nextAttemptAt: number,
  ): Promise<Recorded>;
  final(attempt: TrackedAttempt, state: FinalState, report: AttemptReport): Promise<Recorded>;
  /**
   * Records success inside a transaction of the run, so that its effects and its end commit together or not at all.
   * @throws SkepError `SKEP_NO_TRANSACTION`, `SKEP_NOT_TRACKING`; `SKEP_STALE_ATTEMPT` when the execution has ended or
   *   belongs to a later attempt: the transaction must not commit.
   */
  complete(
    attempt: TrackedAttempt,
    transaction: Transaction,
    report: AttemptReport & { readonly result?: JsonValue },
  ): Promise<void>;
}
