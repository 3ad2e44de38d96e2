// Why a run was interrupted: the reasons with which `context.signal` aborts, and the request to retry.
import { formatMs } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';

/** Reason of the signal at the soft time limit. */
export class SoftTimeLimitExceeded extends SkepError {
  constructor(
    readonly limitMs: number,
    cause?: unknown,
  ) {
    super('SKEP_SOFT_TIME_LIMIT', `longer than the soft time limit of ${formatMs(limitMs)}`, {
      cause,
    });
  }
}

/** Reason of the signal at the hard time limit. */
export class HardTimeLimitExceeded extends SkepError {
  constructor(limitMs: number) {
    super('SKEP_HARD_TIME_LIMIT', `longer than the hard time limit of ${formatMs(limitMs)}`);
  }
}

/** Reason of the signal when the runtime stops and the grace period is over. */
export class RuntimeStopping extends SkepError {
  constructor() {
    super('SKEP_ABORTED', 'the runtime is stopping');
  }
}

/** Why the only attempt of an execution ended when the runtime stopped: there is no queue to hand it back to. */
export class OnlyAttemptStopped extends SkepError {
  constructor() {
    super('SKEP_RUN_STOPPED', '`skep run` was stopped before its run had ended');
  }
}

/** Reason of the signal when someone cancelled the execution. */
export class ExecutionCancelled extends SkepError {
  constructor() {
    super('SKEP_CANCELLED', 'the execution was cancelled');
  }
}

/** Reason of the signal when the delivery has passed to another worker, which took this one for dead. */
export class DeliveryLost extends SkepError {
  constructor() {
    super('SKEP_STALE_DELIVERY', 'another worker has taken over the execution');
  }
}

/** Why a run is to end before its code does. */
export type Interrupt =
  | SoftTimeLimitExceeded
  | HardTimeLimitExceeded
  | RuntimeStopping
  | ExecutionCancelled
  | DeliveryLost;

export const isInterrupt = (error: Error): error is Interrupt =>
  [
    SoftTimeLimitExceeded,
    HardTimeLimitExceeded,
    RuntimeStopping,
    ExecutionCancelled,
    DeliveryLost,
  ].some((type) => error instanceof type);

/** What `context.retry()` throws. */
export class RetryRequested extends SkepError {
  constructor(
    readonly delayMs: number | undefined,
    reason: string | undefined,
    cause?: unknown,
  ) {
    super('SKEP_RETRY_REQUESTED', reason ?? 'the task asked for a retry', { cause });
  }

  /** The final error of an attempt that is not retried although it asked for that. */
  refused(why: string): RetryRequested {
    return new RetryRequested(this.delayMs, `${this.message}; but ${why}`, this.cause);
  }
}
