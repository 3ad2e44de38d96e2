// A tracker in memory: the account of tracked executions of this process, bounded, gone with it.
import type { Envelope } from '../../core/envelope.js';
import {
  type AttemptReport,
  type ExecutionState,
  type FinalState,
  isFinal,
} from '../../core/execution.js';
import type { TrackedAttempt, Tracker } from '../../core/ports/tracker.js';

export interface TrackedExecution {
  readonly id: string;
  readonly task: string;
  readonly state: ExecutionState;
  /** The latest attempt that was recorded; 0 before the first. */
  readonly attempt: number;
  readonly fraction: number;
  readonly message: string | undefined;
  readonly nextAttemptAt: number | undefined;
  readonly report: AttemptReport | undefined;
}

/** Keeps the newest executions of this process. */
export class MemoryTracker implements Tracker {
  readonly #executions = new Map<string, TrackedExecution>();
  readonly #limit: number;

  constructor(limit = 1_000) {
    this.#limit = limit;
  }

  find(id: string): TrackedExecution | undefined {
    return this.#executions.get(id);
  }

  async pending(envelopes: readonly Envelope[]): Promise<void> {
    for (const { id, task } of envelopes) this.#begin(id, task, 'pending');
  }

  async queued(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) {
      const known = this.#executions.get(id);
      if (known?.state === 'pending') this.#executions.set(id, { ...known, state: 'queued' });
    }
  }

  async discarded(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) this.#executions.delete(id);
  }

  async running(attempt: TrackedAttempt): Promise<void> {
    this.#write(attempt, { state: 'running', fraction: 0, message: undefined });
  }

  progress(attempt: TrackedAttempt, fraction: number, message?: string): void {
    this.#write(attempt, { fraction, message });
  }

  async returned(attempt: TrackedAttempt): Promise<void> {
    this.#write(attempt, { state: 'queued' });
  }

  async retrying(
    attempt: TrackedAttempt,
    report: AttemptReport,
    nextAttemptAt: number,
  ): Promise<void> {
    this.#write(attempt, { state: 'retrying', report, nextAttemptAt });
  }

  async final(attempt: TrackedAttempt, state: FinalState, report: AttemptReport): Promise<void> {
    this.#write(attempt, { state, report, nextAttemptAt: undefined });
  }

  #begin(id: string, task: string, state: ExecutionState): TrackedExecution {
    const execution: TrackedExecution = {
      id,
      task,
      state,
      attempt: 0,
      fraction: 0,
      message: undefined,
      nextAttemptAt: undefined,
      report: undefined,
    };
    this.#executions.set(id, execution);
    for (const oldest of this.#executions.keys()) {
      if (this.#executions.size <= this.#limit) break;
      this.#executions.delete(oldest);
    }
    return execution;
  }

  /** The fence: what an older attempt says late, or anyone says of a finished execution, is refused. */
  #write(attempt: TrackedAttempt, change: Partial<TrackedExecution>): void {
    const { executionId, task } = attempt;
    const known = this.#executions.get(executionId) ?? this.#begin(executionId, task, 'queued');
    if (attempt.attempt < known.attempt || isFinal(known.state)) return;
    this.#executions.set(executionId, { ...known, ...change, attempt: attempt.attempt });
  }
}
