// The tracker port: where the executions of `@Tracked` tasks are recorded.
import type { Envelope } from '../envelope.js';
import type { AttemptReport, FinalState } from '../execution.js';

export interface TrackedAttempt {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  readonly worker: string;
}

/**
 * Recording never decides what a task did: the runner logs a failing tracker and goes on.
 * Every call after `pending` names its attempt; a store refuses those of an older attempt.
 */
export interface Tracker {
  /** Before the broker has it. */
  pending(envelopes: readonly Envelope[]): Promise<void>;
  queued(executionIds: readonly string[]): Promise<void>;
  /** They were not queued after all: another execution stands for each of them. */
  discarded(executionIds: readonly string[]): Promise<void>;
  running(attempt: TrackedAttempt, startedAt: number): Promise<void>;
  progress(attempt: TrackedAttempt, fraction: number, message?: string): void;
  /** Handed back unfinished: queued again, counted neither as attempt nor as crash. */
  returned(attempt: TrackedAttempt): Promise<void>;
  retrying(attempt: TrackedAttempt, report: AttemptReport, nextAttemptAt: number): Promise<void>;
  final(attempt: TrackedAttempt, state: FinalState, report: AttemptReport): Promise<void>;
}
