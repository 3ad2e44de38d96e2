// The retry policy: whether an error is retried and how long the wait is. Pure and exact.
import { durationMs } from '../duration.js';
import type { ErrorMatcher, RetryOptions } from './declaration.js';

export interface RetryPolicy {
  readonly maxRetries: number;
  readonly on: readonly ErrorMatcher[] | undefined;
  readonly notOn: readonly ErrorMatcher[];
  readonly jitter: 'full' | 'equal' | 'none';
  /** The wait before jitter, in milliseconds, before retry n (from 0). */
  baseDelayMs(retry: number): number;
}

/** A range of waits in milliseconds; `earliest` equals `latest` without jitter. */
export interface DelayRange {
  readonly earliestMs: number;
  readonly latestMs: number;
}

export interface TimetableRow extends DelayRange {
  /** The attempt that this retry starts, from 2. */
  readonly attempt: number;
  /** From the end of the first attempt, when attempts themselves take no time. */
  readonly cumulativeEarliestMs: number;
  readonly cumulativeLatestMs: number;
}

const defaults = { delay: '60s', maxDelay: '1h' } as const;

/** Completes declared options with the defaults. */
export function retryPolicy(options: RetryOptions): RetryPolicy {
  const delayMs = durationMs(options.delay ?? defaults.delay);
  // Without a bound of its own, a longer delay stands as it was declared.
  const maxDelayMs = options.maxDelay
    ? durationMs(options.maxDelay)
    : Math.max(durationMs(defaults.maxDelay), delayMs);
  const backoff = options.backoff ?? 'exponential';
  return {
    maxRetries: options.maxRetries,
    on: options.on,
    notOn: options.notOn ?? [],
    jitter: options.jitter ?? 'full',
    baseDelayMs(retry) {
      if (typeof backoff === 'function')
        return Math.min(maxDelayMs, durationMs(backoff(retry + 1)));
      // 2 ** 1024 is Infinity, and the minimum still holds.
      const wait = backoff === 'fixed' ? delayMs : delayMs * 2 ** retry;
      return Math.min(maxDelayMs, wait);
    },
  };
}

/** True when the policy retries this error, retries left or not. */
export function retries(policy: RetryPolicy, error: unknown): boolean {
  if (policy.notOn.some((matcher) => matches(matcher, error))) return false;
  return policy.on === undefined || policy.on.some((matcher) => matches(matcher, error));
}

/** The shortest and longest wait before retry n (from 0). */
function delayRange(policy: RetryPolicy, retry: number): DelayRange {
  const latestMs = policy.baseDelayMs(retry);
  const share = { full: 0, equal: 0.5, none: 1 }[policy.jitter];
  return { earliestMs: latestMs * share, latestMs };
}

/** The wait before retry n (from 0); `random` is uniform on [0, 1). */
export function delayMs(policy: RetryPolicy, retry: number, random: number): number {
  const { earliestMs, latestMs } = delayRange(policy, retry);
  return Math.round(earliestMs + (latestMs - earliestMs) * random);
}

/** All retries of a policy, as `skep retries` prints them. */
export function timetable(policy: RetryPolicy): TimetableRow[] {
  const rows: TimetableRow[] = [];
  let cumulativeEarliestMs = 0;
  let cumulativeLatestMs = 0;
  for (let retry = 0; retry < policy.maxRetries; retry++) {
    const range = delayRange(policy, retry);
    cumulativeEarliestMs += range.earliestMs;
    cumulativeLatestMs += range.latestMs;
    rows.push({ attempt: retry + 2, ...range, cumulativeEarliestMs, cumulativeLatestMs });
  }
  return rows;
}

function matches(matcher: ErrorMatcher, error: unknown): boolean {
  if (isErrorClass(matcher)) return error instanceof matcher;
  return (matcher as (error: unknown) => boolean)(error);
}

function isErrorClass(matcher: ErrorMatcher): matcher is abstract new () => Error {
  return matcher === Error || matcher.prototype instanceof Error;
}
