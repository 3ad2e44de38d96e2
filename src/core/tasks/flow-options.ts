// Flow control of a task: how many at one time, how often, one of a kind, how soon, not later than.
import { z } from 'zod';
import { type Duration, durationMs, type PlainNumber, parseDuration } from '../duration.js';
import type { JsonValue } from '../json.js';

/** So many starts in so long a time, over all workers: `'100/1m'`. */
export type RateLimit = `${PlainNumber}/${Duration}`;

export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** @typeParam Payload what the task's schema returns, or what `run` takes where it has none. */
export interface UniqueOptions<Payload = never> {
  /** Makes the key of a payload as `run` gets it; the whole payload as it was dispatched is the key when absent. */
  readonly key?: (payload: Payload) => JsonValue;
  /** How long from its dispatch an execution holds its key; until it is final when absent. */
  readonly for?: Duration;
  /** `return` (the default): a dispatch with a key that is held yields the execution that holds it; `reject`: it throws. */
  readonly onDuplicate?: 'return' | 'reject';
}

/** Limits over all workers, checked when a delivery is to run. */
export interface FlowLimits {
  readonly task: string;
  /** Runs at one time. */
  readonly concurrency: number | undefined;
  /** Starts in a sliding window. */
  readonly rate: { readonly count: number; readonly windowMs: number } | undefined;
}

const ratePattern = /^(\d{1,9})\/(\d+(?:\.\d+)?(?:ms|s|m|h|d))$/;

export const rateLimitSchema = z
  .string()
  .refine((text): text is RateLimit => parseRate(text) !== undefined, {
    error: 'expected a rate such as "100/1m" or "5/1s"',
  })
  .meta({ examples: ['100/1m', '5/1s'], pattern: ratePattern.source });

export const prioritySchema = z.enum(priorities);

function parseRate(text: string): { count: number; windowMs: number } | undefined {
  const [, count, window = ''] = ratePattern.exec(text) ?? [];
  const windowMs = parseDuration(window);
  if (count === undefined || windowMs === undefined || windowMs < 1 || Number(count) < 1) {
    return undefined;
  }
  return { count: Number(count), windowMs };
}

/** A rate that was validated before. */
export function rateOf(limit: RateLimit): { count: number; windowMs: number } {
  const rate = parseRate(limit);
  if (rate === undefined) throw new RangeError(`not a rate: ${limit}`);
  return rate;
}

/** How a task wants its duplicates found; the validated form of {@link UniqueOptions}. */
export interface UniqueRule {
  readonly key: ((payload: never) => JsonValue) | undefined;
  readonly forMs: number | undefined;
  readonly onDuplicate: 'return' | 'reject';
}

export function uniqueRule(options: true | UniqueOptions | undefined): UniqueRule | undefined {
  if (options === undefined) return undefined;
  const { key, for: forTime, onDuplicate = 'return' } = options === true ? {} : options;
  return { key, forMs: forTime === undefined ? undefined : durationMs(forTime), onDuplicate };
}
