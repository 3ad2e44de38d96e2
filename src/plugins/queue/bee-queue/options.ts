// What the section `redis` of plugins.json says.
import { z } from 'zod';
import { parseDuration } from '../../../core/duration.js';
import { durationSchema, periodSchema } from '../../../core/tasks/option-schemas.js';
import { tlsSchema } from '../../../datasources/tls.js';

/** Below that, a worker under load is taken for dead all the time, and its executions count crashes. */
const shortestStallMs = 100;

export const redisOptionsSchema = z
  .strictObject({
    tls: tlsSchema
      .optional()
      .describe('TLS of the connections; rediss:// in REDIS_URL alone verifies by the system'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, { error: 'expected letters, digits, "_", "-" and "."' })
      .default('skep')
      .describe('First part of every key; two installations on one Redis need two of them'),
    dispatchTimeout: periodSchema
      .default('5s')
      .describe('A dispatch that Redis has not acknowledged by then fails'),
    stallInterval: durationSchema
      .refine((text) => (parseDuration(text) ?? 0) >= shortestStallMs, {
        error: 'expected a duration of 100ms or more',
      })
      .default('5s')
      .describe('A worker that gave no sign of life for so long is taken for dead'),
    keepFinished: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(10_000)
      .describe('Finished executions that can still be looked at, per queue and priority'),
    keepFinishedFor: durationSchema
      .default('1h')
      .describe('How long finished executions can still be looked at'),
  })
  .prefault({})
  .describe('The queue on Redis; used when REDIS_URL is set');

export type RedisOptions = z.output<typeof redisOptionsSchema>;
