// One run while it is going on: the RunContext that its task sees, and its nested calls.
import { parseDuration } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import type { Logger } from '../log/logger.js';
import type { RunFields } from '../log/run-fields.js';
import type { Transaction } from '../ports/tracker.js';
import type { PayloadArguments, ResultOf, TaskClass } from '../tasks/task-class.js';
import type { TaskRecord } from '../tasks/task-record.js';
import type { Clock } from './clock.js';
import { RetryRequested } from './interruptions.js';
import { type RetryRequest, RunContext } from './run-context.js';

export interface ActiveRunParts {
  readonly fields: RunFields;
  readonly record: TaskRecord;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly scheduledFor: number | undefined;
  readonly triggeredBy: string;
  readonly logger: Logger;
  readonly onProgress: (fraction: number, message: string | undefined) => void;
  readonly onComplete: (transaction: Transaction, result: unknown) => Promise<void>;
  readonly onDispose: RunContext['onDispose'];
  readonly onCall: (task: TaskClass, payload: unknown) => Promise<unknown>;
}

/** The runtime's own RunContext. */
export class ActiveRun extends RunContext {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  readonly maxRetries: number;
  readonly logger: Logger;
  readonly triggeredBy: string;
  readonly #parts: ActiveRunParts;

  constructor(parts: ActiveRunParts) {
    super();
    this.#parts = parts;
    this.executionId = parts.fields.executionId;
    this.task = parts.fields.task;
    this.attempt = parts.fields.attempt;
    this.maxRetries = parts.record.retry?.maxRetries ?? 0;
    this.logger = parts.logger;
    this.triggeredBy = parts.triggeredBy;
  }

  get signal(): AbortSignal {
    return this.#parts.clock.signal;
  }

  get deadline(): Date | undefined {
    const { clock, startedAt } = this.#parts;
    return clock.limitMs === undefined ? undefined : new Date(startedAt + clock.limitMs);
  }

  get scheduledFor(): Date | undefined {
    const { scheduledFor } = this.#parts;
    return scheduledFor === undefined ? undefined : new Date(scheduledFor);
  }

  progress(fraction: number, message?: string): void {
    const bounded = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    this.#parts.onProgress(bounded, message);
  }

  retry(request: RetryRequest = {}): never {
    const { delay, reason } = request;
    const delayMs = delay === undefined ? undefined : parseDuration(delay);
    if (delay !== undefined && delayMs === undefined) {
      const message = `context.retry: "${delay}" is not a duration such as 5m`;
      throw new SkepError('SKEP_TASK_INVALID', message);
    }
    throw new RetryRequested(delayMs, reason);
  }

  complete(transaction: Transaction, result?: unknown): Promise<void> {
    return this.#parts.onComplete(transaction, result);
  }

  onDispose(name: string, dispose: () => Promise<void> | void): void {
    this.#parts.onDispose(name, dispose);
  }

  async call<C extends TaskClass>(
    task: C,
    ...[payload]: PayloadArguments<C, never>
  ): Promise<ResultOf<C>> {
    return (await this.#parts.onCall(task, payload)) as ResultOf<C>;
  }
}
