// What becomes of an attempt. Deciding is pure; writing it down is elsewhere (runner.ts).
import { longestDelayMs } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import type { Outcome } from '../execution.js';
import type { JsonValue } from '../json.js';
import { delayMs, type RetryPolicy, retries } from '../tasks/retry-policy.js';
import {
  DeliveryLost,
  ExecutionCancelled,
  HardTimeLimitExceeded,
  OnlyAttemptStopped,
  RetryRequested,
  RuntimeStopping,
  SoftTimeLimitExceeded,
} from './interruptions.js';

/** How the code of a run ended. */
export type RunEnd =
  | { readonly kind: 'returned'; readonly result: JsonValue | undefined }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** It was ended by force; nothing of it runs any more. */
  | { readonly kind: 'terminated' }
  /** It was left behind; code of it may still run. */
  | { readonly kind: 'abandoned' };

export interface OutcomeFacts {
  readonly end: RunEnd;
  /** The reason of the run's signal when it had aborted. */
  readonly interruption: unknown;
  readonly policy: RetryPolicy | undefined;
  /** Retries that were used before this attempt. */
  readonly retriesUsed: number;
  /** Uniform on [0, 1). */
  readonly random: number;
  /** No other attempt can follow, and no queue takes it back. */
  readonly onlyAttempt: boolean;
}

/** Errors that say the attempt is beyond repair: trying again gives the same. */
const neverRetried = new Set([
  'SKEP_INJECTION_INVALID',
  'SKEP_PAYLOAD_INVALID',
  'SKEP_RESULT_INVALID',
  'SKEP_RESULT_TOO_LARGE',
  'SKEP_WORK_NOT_AWAITED',
  'SKEP_LEASE_ENDED',
  'SKEP_NESTED_WRITE',
  'SKEP_WAIT_SAME_QUEUE',
]);

/** Decides what becomes of an attempt from how its code ended and the policy of its task. */
export function outcome(facts: OutcomeFacts): Outcome {
  const { end, interruption } = facts;
  // Work that was finished counts, however late it came.
  if (end.kind === 'returned') return { kind: 'final', state: 'success', result: end.result };
  // Of a delivery that is lost nothing can be written; the other worker decides.
  if (interruption instanceof DeliveryLost) return { kind: 'return' };
  if (interruption instanceof RuntimeStopping) {
    if (!facts.onlyAttempt) return { kind: 'return' };
    return { kind: 'final', state: 'cancelled', error: new OnlyAttemptStopped() };
  }
  if (interruption instanceof ExecutionCancelled) {
    return { kind: 'final', state: 'cancelled', error: interruption };
  }
  // Code of the attempt may still run, so no other attempt may start (DESIGN, invariant 4).
  if (end.kind === 'abandoned') return { kind: 'final', state: 'timed_out', error: interruption };
  if (
    interruption instanceof HardTimeLimitExceeded ||
    interruption instanceof SoftTimeLimitExceeded
  ) {
    return retryOr('timed_out', interruption, facts);
  }
  return retryOr('failed', end.kind === 'threw' ? end.error : interruption, facts);
}

/** Why a request of `context.retry()` cannot be met, if so. */
export function whyNoRetry({
  policy,
  retriesUsed,
  onlyAttempt,
}: Pick<OutcomeFacts, 'policy' | 'retriesUsed' | 'onlyAttempt'>): string | undefined {
  if (policy === undefined) return 'the task has no @Retry';
  if (onlyAttempt) return '`skep run` is one attempt';
  return retriesUsed >= policy.maxRetries ? 'no retry is left' : undefined;
}

function retryOr(state: 'failed' | 'timed_out', error: unknown, facts: OutcomeFacts): Outcome {
  const { policy, retriesUsed, random, onlyAttempt } = facts;
  const wanted =
    policy !== undefined &&
    !(error instanceof SkepError && neverRetried.has(error.code)) &&
    (error instanceof RetryRequested || retries(policy, error));
  if (!wanted || onlyAttempt || retriesUsed >= policy.maxRetries) {
    const why = error instanceof RetryRequested ? whyNoRetry(facts) : undefined;
    if (why === undefined) return { kind: 'final', state, error };
    return { kind: 'final', state, error: (error as RetryRequested).refused(why) };
  }
  const asked = error instanceof RetryRequested ? error.delayMs : undefined;
  // A backoff function of the task may say anything.
  const wait = Math.min(asked ?? delayMs(policy, retriesUsed, random), longestDelayMs);
  return { kind: 'retry', delayMs: wait, error };
}
