// One run while it is going on: the RunContext that its task sees, and its nested calls.
import { longestDelayMs, parseDuration } from '../duration.js';
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
  /** What happens after a `retry()` that the task caught, for the log. */
  readonly caughtRetry: string;
  readonly fields: RunFields;
  readonly record: TaskRecord;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly scheduledFor: number | undefined;
  readonly triggeredBy: string;
  readonly logger: Logger;
  readonly onProgress: (fraction: number, message: string | undefined) => void;
  /** `entry` is the function that the task has called. */
  readonly onComplete: (transaction: Transaction, result: unknown, entry: Entry) => Promise<void>;
  readonly onDispose: RunContext['onDispose'];
  readonly onCall: (task: TaskClass, payload: unknown, entry: Entry) => Promise<unknown>;
}

type Entry = (...args: never[]) => unknown;

/** What a fraction may be beside 0 to 1 because a sum of fractions was rounded. */
const roundingError = 1e-9;

/** The runtime's own RunContext. */
export class ActiveRun extends RunContext {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  readonly maxRetries: number;
  readonly logger: Logger;
  readonly triggeredBy: string;
  readonly #parts: ActiveRunParts;
  #retryRequest: RetryRequested | undefined;

  constructor(parts: ActiveRunParts) {
    super();
    this.#parts = parts;
    // A task may take them out of the context: `run(payload, { progress })`.
    this.progress = this.progress.bind(this);
    this.retry = this.retry.bind(this);
    this.complete = this.complete.bind(this);
    this.onDispose = this.onDispose.bind(this);
    this.call = this.call.bind(this);
    this.executionId = parts.fields.executionId;
    this.task = parts.fields.task;
    this.attempt = parts.fields.attempt;
    this.maxRetries = parts.record.retry?.maxRetries ?? 0;
    this.logger = parts.logger;
    this.triggeredBy = parts.triggeredBy;
  }

  /** What happens after a `retry()` that the task caught, for the log. */
  get caughtRetry(): string {
    return this.#parts.caughtRetry;
  }

  /** What `retry()` has thrown last, whoever may have caught it. */
  get retryRequest(): RetryRequested | undefined {
    return this.#retryRequest;
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
    const isFraction =
      typeof fraction === 'number' && fraction >= -roundingError && fraction <= 1 + roundingError;
    if (!isFraction) throw noFraction(fraction);
    this.#parts.onProgress(Math.min(1, Math.max(0, fraction)), message);
  }

  retry(request: RetryRequest = {}): never {
    const { delay, reason } = request;
    const delayMs = delay === undefined ? undefined : parseDuration(delay);
    if (delay !== undefined && delayMs === undefined) {
      const message = `context.retry: "${delay}" is not a duration such as 5m`;
      throw new SkepError('SKEP_TASK_INVALID', message);
    }
    if (delayMs !== undefined && delayMs > longestDelayMs) {
      const message = `context.retry: "${delay}" is more than ten years`;
      throw new SkepError('SKEP_TASK_INVALID', message);
    }
    this.#retryRequest = new RetryRequested(delayMs, reason);
    throw this.#retryRequest;
  }

  complete(transaction: Transaction, result?: unknown): Promise<void> {
    return this.#parts.onComplete(transaction, result, ActiveRun.prototype.complete);
  }

  onDispose(name: string, dispose: () => Promise<void> | void): void {
    // JavaScript may give what has no text; the name is for a message.
    this.#parts.onDispose(typeof name === 'string' ? name : 'a step without a name', dispose);
  }

  async call<C extends TaskClass>(
    task: C,
    ...[payload]: PayloadArguments<C, never>
  ): Promise<ResultOf<C>> {
    const entry = ActiveRun.prototype.call;
    return (await this.#parts.onCall(task, payload, entry)) as ResultOf<C>;
  }
}

function noFraction(value: unknown): SkepError {
  const message = `context.progress(${String(value)}): the first argument is a fraction from 0 to 1`;
  return new SkepError('SKEP_PROGRESS_INVALID', message);
}
