// A tracker in memory: the account of tracked executions of this process, bounded, gone with it.
import { SkepError } from '../../core/errors/skep-error.js';
import {
  type AttemptReport,
  type ExecutionState,
  type FinalState,
  isFinal,
} from '../../core/execution.js';
import type {
  Beginning,
  NotCurrent,
  PendingExecution,
  Recorded,
  TrackedAttempt,
  Tracker,
} from '../../core/ports/tracker.js';
import { firstFence } from '../../core/run/fence.js';

export interface TrackedExecution {
  readonly id: string;
  readonly task: string;
  readonly state: ExecutionState;
  /** The latest attempt that was recorded; 0 before the first. */
  readonly attempt: number;
  readonly fence: number;
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

  async pending(executions: readonly PendingExecution[]): Promise<void> {
    for (const { envelope } of executions) this.#add(envelope.id, envelope.task, 'pending');
  }

  async pendingWithin(): Promise<void> {
    throw notTracking('A dispatch within a transaction');
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

  async withdrawn(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) this.#executions.delete(id);
  }

  async begin(attempt: TrackedAttempt): Promise<Beginning> {
    const refused = this.#refused(attempt, firstFence(attempt.attempt + 1));
    if (refused) return refused;
    this.#write(attempt, { state: 'running', fraction: 0, message: undefined });
    return { kind: 'begun' };
  }

  progress(attempt: TrackedAttempt, fraction: number, message?: string): void {
    if (!this.#refused(attempt)) this.#write(attempt, { fraction, message });
  }

  async returned(attempt: TrackedAttempt): Promise<void> {
    if (!this.#refused(attempt)) this.#write(attempt, { state: 'queued' });
  }

  async retrying(
    attempt: TrackedAttempt,
    report: AttemptReport,
    nextAttemptAt: number,
  ): Promise<Recorded> {
    const refused = this.#refused(attempt);
    if (refused) return refused;
    this.#write(attempt, { state: 'retrying', report, nextAttemptAt });
    return { kind: 'recorded' };
  }

  async final(
    attempt: TrackedAttempt,
    state: FinalState,
    report: AttemptReport,
  ): Promise<Recorded> {
    const refused = this.#refused(attempt);
    if (refused) return refused;
    this.#write(attempt, { state, report, nextAttemptAt: undefined });
    return { kind: 'recorded' };
  }

  async complete(): Promise<void> {
    throw notTracking('context.complete');
  }

  #add(id: string, task: string, state: ExecutionState): TrackedExecution {
    const execution: TrackedExecution = {
      id,
      task,
      state,
      attempt: 0,
      fence: 0,
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

  /**
   * What an older attempt says late, or anyone says of a finished execution, is refused.
   * @param below the fence of the record must be smaller than this.
   */
  #refused(
    { executionId, task, fence }: TrackedAttempt,
    below = fence + 1,
  ): NotCurrent | undefined {
    const known = this.#executions.get(executionId);
    if (known === undefined) return undefined;
    if (known.task !== task) return { kind: 'foreign', task: known.task };
    const { state, report } = known;
    if (isFinal(state) && report) return { kind: 'final', state, report };
    return known.fence >= below ? { kind: 'superseded' } : undefined;
  }

  #write({ executionId, task, attempt, fence }: TrackedAttempt, change: Change): void {
    const known = this.#executions.get(executionId) ?? this.#add(executionId, task, 'queued');
    this.#executions.set(executionId, { ...known, ...change, attempt, fence });
  }
}

type Change = Partial<Omit<TrackedExecution, 'id' | 'task' | 'attempt' | 'fence'>>;

const notTracking = (what: string): SkepError =>
  new SkepError('SKEP_NOT_TRACKING', `${what} needs a record in the application's database`);
