// The options of the plugin in plugins.json.
import { z } from 'zod';

export const hrisOptions = z.strictObject({
  maxDeactivation: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      'Largest part of the active rows of a table that may vanish from one replication to the next; 1 believes every loss',
    ),
  minDeactivation: z
    .int()
    .min(0)
    .default(2)
    .describe(
      'This many rows of a table may vanish however large a part they are, unless the table is empty',
    ),
  maxRejected: z
    .int()
    .min(0)
    .default(100)
    .describe(
      'Most rows that one replication may set aside because a value of them cannot be taken, over all tables; more is a failure',
    ),
  batchSize: z.int().min(1).max(5_000).default(1_000).describe('Rows read from HRIS at a time'),
});

/** The options of the plugin, completed. */
export type HrisOptions = z.output<typeof hrisOptions>;

/** Token of the options, for the task. */
export const HrisOptionsToken = Symbol('skep.hris.options');
