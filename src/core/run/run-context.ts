// What a task is given beside its payload: identity, abort signal, logger, progress, retry.
import type { Duration } from '../duration.js';
import type { Logger } from '../log/logger.js';
import type { Transaction } from '../ports/tracker.js';
import type { PayloadArguments, ResultOf, TaskClass } from '../tasks/task-class.js';

export interface RetryRequest {
  /** Wait this long instead of what the retry policy says. */
  readonly delay?: Duration;
  readonly reason?: string;
}

/**
 * The context of one run. Second argument of `run`, and injectable: `@inject(RunContext)`. Its members may be taken out of it.
 * @example
 * run(payload: Orders, { progress, signal }: RunContext)
 */
export abstract class RunContext {
  abstract readonly executionId: string;
  abstract readonly task: string;
  /** Number of this attempt, from 1. */
  abstract readonly attempt: number;
  abstract readonly maxRetries: number;
  /** Aborts at the soft limit, at the hard limit and on shutdown; its reason says which. */
  abstract readonly signal: AbortSignal;
  /** When the attempt is ended by its nearest limit; undefined without limits. */
  abstract readonly deadline: Date | undefined;
  abstract readonly logger: Logger;
  /** The time this execution stands for: its schedule's tick, or the `at` of its dispatch. */
  abstract readonly scheduledFor: Date | undefined;
  abstract readonly triggeredBy: string;

  /**
   * Reports how far the run is and what it is doing. Cheap; call it freely.
   * @param fraction what is done of all there is, from 0 to 1.
   * @throws SkepError `SKEP_PROGRESS_INVALID` for anything else, such as a percentage or NaN.
   */
  abstract progress(fraction: number, message?: string): void;

  /**
   * Ends this attempt and asks for another one, whatever the error filter of `@Retry` says.
   * It counts against `maxRetries`; where none is left, or under `skep run`, which is one attempt, the attempt fails.
   * @throws always. Do not catch it: the attempt is retried all the same, whatever the task returns or throws then.
   */
  abstract retry(request?: RetryRequest): never;

  /**
   * Records success inside a transaction of Maria, so that its effects and the end of the execution commit together: a
   * redelivery after a crash finds it ended and does not run again. It covers what that transaction writes to Maria
   * and nothing else. Call it last in the transaction, and return after it: later errors change nothing any more.
   * @param transaction the manager that `maria.transaction` gives.
   * @param result what the execution is to be recorded with; what `run` returns then is not.
   * @throws SkepError `SKEP_NO_TRANSACTION`, `SKEP_NOT_TRACKING`, `SKEP_COMPLETE_IN_CALL`, `SKEP_RESULT_INVALID`, `SKEP_RESULT_TOO_LARGE`;
   *   `SKEP_STALE_ATTEMPT` when the execution has ended meanwhile: let it roll the transaction back;
   *   `SKEP_SCOPE_CLOSED` when the run has ended, or was cut off because another worker has the execution.
   */
  abstract complete(transaction: Transaction, result?: unknown): Promise<void>;

  /**
   * Has something closed when the run ends, however it ends. Last in, first out, before the data sources; bounded
   * in time, and a failure is a warning in the log. A task's own `dispose()` is called by itself.
   * @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended.
   */
  abstract onDispose(name: string, dispose: () => Promise<void> | void): void;

  /**
   * Runs another task inside this run: its own scope, this run's signal and execution id, no queue and no
   * retries of its own. An error of the inner task is thrown here. Await it: a call that is unfinished when `run` returns fails the
   * attempt.
   * @throws SkepError `SKEP_PAYLOAD_INVALID` when the payload does not fit the inner task; `SKEP_WORK_NOT_AWAITED` when the inner task
   *   has left work unfinished.
   */
  abstract call<C extends TaskClass>(
    task: C,
    ...parameters: PayloadArguments<C, never>
  ): Promise<ResultOf<C>>;
}
