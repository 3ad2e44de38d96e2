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

/** A duration in which something is to happen: `0ms` would leave no time for it. */
export const periodSchema = durationSchema.refine((text) => parseDuration(text) !== 0, {
  error: 'expected a duration above 0ms',
});

/** A duration that no timer has to hold: years, if need be. */
export const retentionSchema = z
  .string()
  .refine((text): text is Duration => parseDuration(text) !== undefined, {
    error: 'expected a duration such as "12h" or "90d"',
  });

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
  redact: z.array(z.string().min(1).max(200)).optional(),
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

/** At the default delay of up to an hour these take more than a year. */
const mostRetries = 10_000;

const retryCommon = {
  maxRetries: z
    .int()
    .min(0, { error: 'expected 0 or more' })
    .max(mostRetries, { error: `expected at most ${mostRetries}` }),
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
  soft: periodSchema.optional(),
  hard: periodSchema.optional(),
});

export const trackedOptionsSchema = z.strictObject({
  summarize: functionSchema.optional(),
  keepPayload: z.boolean().optional(),
  keepResult: z.boolean().optional(),
  retention: retentionSchema.optional(),
});

const timeSchema = z
  .string()
  .min(1)
  .meta({ examples: ['2026-04-01T02:00:00+04:00'] });
const scheduleCommon = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, {
      error: 'expected letters, digits, "_", ".", ":" and "-"',
    })
    .optional(),
  cron: z.string().min(1).optional(),
  every: retentionSchema.optional(),
  zone: z.string().min(1).max(64).optional(),
  misfireGrace: retentionSchema.optional(),
  coalesce: z.boolean().optional(),
  maxInstances: z.int().min(1).max(1_000_000).optional(),
  jitter: durationSchema.optional(),
  enabled: z.boolean().optional(),
  triggeredBy: z.string().min(1).max(256).optional(),
};
const codeTime = z.union([timeSchema, z.date()]).optional();

export const scheduleOptionsSchema = z.strictObject({
  ...scheduleCommon,
  at: codeTime,
  startsAt: codeTime,
  endsAt: codeTime,
  payload: z.unknown().optional(),
});

const scheduleOverrideSchema = z.strictObject({
  ...scheduleCommon,
  at: timeSchema.optional(),
  startsAt: timeSchema.optional(),
  endsAt: timeSchema.optional(),
  payload: z.json().optional(),
});

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
  schedule: z
    .union([z.array(scheduleOverrideSchema), scheduleOverrideSchema])
    .optional()
    .describe(
      'Schedules of the task: words that replace those of the @Schedule with the same name, or a schedule of its own',
    ),
});

export type TaskOverride = z.output<typeof taskOverrideSchema>;
