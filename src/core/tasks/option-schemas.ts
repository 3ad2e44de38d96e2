// Schemas of what decorators and the `tasks` section of plugins.json may say.
import { z } from 'zod';
import type { Duration } from '../duration.js';
import { parseDuration } from '../duration.js';
import { prioritySchema, rateLimitSchema } from './flow-options.js';

/** Timers of Node hold 2^31-1 ms; no limit or delay of Skep is longer. */
const longestMs = 2 ** 31 - 1;

/** A duration such as `5m`, at most 24 days. */
export const durationSchema = z
  .string()
  .refine(
    (text): text is Duration => {
      const ms = parseDuration(text);
      return ms !== undefined && ms <= longestMs;
    },
    { error: 'expected a duration such as "250ms", "60s", "5m" or "1h", at most "24d"' },
  )
  .meta({ examples: ['250ms', '60s', '5m', '1h'], pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' });

const functionSchema = z.custom<(...parameters: never[]) => unknown>(
  (value) => typeof value === 'function',
  { error: 'expected a function' },
);

/** The name of a queue, as tasks and plugins.json give it. */
export const queueSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'expected lower-case letters, digits, "-", "_"' });

const standardSchema = z.custom<object>(
  (value) =>
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    '~standard' in value,
  { error: 'expected a Standard Schema (zod, valibot, arktype, …)' },
);

const taskCommon = {
  queue: queueSchema.optional(),
  description: z.string().max(200).optional(),
  maxCrashes: z.int().min(0).optional(),
  concurrency: z.int().min(1).max(10_000).optional(),
  rateLimit: rateLimitSchema.optional(),
  priority: prioritySchema.optional(),
  expires: durationSchema.optional(),
  isolate: z.boolean().optional(),
};

export const taskOptionsSchema = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9_]{0,127}$/, {
    error: 'expected lower-case letters, digits and "_", beginning with a letter',
  }),
  payload: standardSchema.optional(),
  unique: z
    .union([
      z.strictObject({
        key: functionSchema.optional(),
        for: durationSchema.optional(),
        onDuplicate: z.enum(['return', 'reject']).optional(),
      }),
      z.literal(true, { error: 'expected true, or an object with key, for or onDuplicate' }),
    ])
    .optional(),
  ...taskCommon,
});

const retryCommon = {
  maxRetries: z.int().min(0, { error: 'expected 0 or more' }),
  delay: durationSchema.optional(),
  maxDelay: durationSchema.optional(),
  jitter: z.enum(['full', 'equal', 'none']).optional(),
};
const matchers = z
  .array(functionSchema)
  .min(1, { error: 'expected at least one error class or predicate; leave it out to mean all' });

export const retryOptionsSchema = z.strictObject({
  ...retryCommon,
  on: matchers.optional(),
  notOn: matchers.optional(),
  backoff: z.union([z.enum(['exponential', 'fixed']), functionSchema]).optional(),
});

export const timeLimitOptionsSchema = z.strictObject({
  soft: durationSchema.optional(),
  hard: durationSchema.optional(),
});

export const trackedOptionsSchema = z.strictObject({ summarize: functionSchema.optional() });

/** One task's entry in the `tasks` section of plugins.json: replaces what the decorators say. */
export const taskOverrideSchema = z.strictObject({
  enabled: z.boolean().optional().describe('false takes the task out of this installation'),
  ...taskCommon,
  retry: z
    .strictObject({
      ...retryCommon,
      maxRetries: retryCommon.maxRetries.optional(),
      backoff: z.enum(['exponential', 'fixed']).optional(),
    })
    .optional(),
  timeLimit: timeLimitOptionsSchema.optional(),
});

export type TaskOverride = z.output<typeof taskOverrideSchema>;
