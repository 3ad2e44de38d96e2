// The schema of plugins.json. plugins.schema.json is generated from it.
import { z } from 'zod';
import { logLevels } from '../log/winston-logger.js';
import {
  durationSchema,
  periodSchema,
  queueSchema,
  taskOverrideSchema,
} from '../tasks/option-schemas.js';

const sizeUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const sizePattern = /^(\d+)(B|KiB|MiB|GiB)$/;

const sizeSchema = z
  .string()
  .regex(sizePattern, { error: 'expected a size such as "64KiB" or "1MiB"' })
  .refine((text) => bytesIn(text) > 0 && Number.isSafeInteger(bytesIn(text)), {
    error: 'expected a size above 0B, and below 8388608GiB',
  })
  .meta({ examples: ['64KiB', '1MiB'] });

/** Bytes of a size such as `1MiB` that was validated before. */
export function sizeBytes(size: string): number {
  const bytes = bytesIn(size);
  if (Number.isNaN(bytes)) throw new RangeError(`not a size: ${size}`);
  return bytes;
}

/** NaN for what is no size. */
function bytesIn(text: string): number {
  const [, amount, unit] = sizePattern.exec(text) ?? [];
  return Number(amount) * sizeUnits[unit as keyof typeof sizeUnits];
}

/** How long a plugin may take to load, and again to start, unless its entry says otherwise. */
export const defaultStartTimeout = '30s';

const pluginEntrySchema = z.strictObject({
  module: z
    .string()
    .min(1)
    .describe(
      'A package subpath, a package, or a path relative to plugins.json (.js, .mjs or .ts)',
    ),
  enabled: z.boolean().optional().describe('false leaves the plugin out; the default is true'),
  options: z.record(z.string(), z.json()).optional().describe('What the plugin itself takes'),
  startTimeout: periodSchema
    .optional()
    .describe('How long it may take to load, and again to start; 30s when absent'),
});

export type PluginEntry = z.output<typeof pluginEntrySchema>;

const coreSections = {
  $schema: z.string().optional(),
  plugins: z
    .array(
      z.union([
        z
          .string()
          .min(1)
          .transform((module): PluginEntry => ({ module })),
        pluginEntrySchema,
      ]),
    )
    .describe('The plugins of this installation, in any order'),
  tasks: z
    .record(z.string(), taskOverrideSchema)
    .default({})
    .describe('Per task code: what replaces the words of its decorators'),
  queues: z
    .record(
      queueSchema,
      z.strictObject({
        concurrency: z
          .int()
          .min(1)
          .max(1_000)
          .optional()
          .describe('How many runs go on at one time in a process; 10 when absent'),
        weight: z
          .int()
          .min(1)
          .max(1_000)
          .optional()
          .describe('Its part of worker.slots while other queues have work too; 1 when absent'),
      }),
    )
    .default({})
    .describe('Per queue: how much of a process it may take'),
  worker: z
    .strictObject({
      slots: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('Runs at one time in a process, over all queues; their sum when absent'),
      maxRuns: z
        .int()
        .min(1)
        .optional()
        .describe('With --processes: a process is replaced after so many runs'),
      maxMemory: sizeSchema
        .optional()
        .describe('With --processes: a process that has grown larger is replaced'),
      unknownTaskTimeout: durationSchema
        .default('10m')
        .describe(
          'How long an execution of a task that this worker does not know waits for one that does; then it is quarantined',
        ),
    })
    .prefault({})
    .describe('A process that consumes queues'),
  isolation: z
    .strictObject({
      threads: z
        .int()
        .min(1)
        .max(256)
        .optional()
        .describe('Threads for isolated tasks; as many as there are processors when absent'),
      maxMemory: sizeSchema
        .optional()
        .describe(
          'Heap of a thread; one that needs more is ended. As Node.js limits it when absent',
        ),
    })
    .prefault({})
    .describe('Tasks with a hard limit or isolate: true'),
  startup: z
    .array(z.string())
    .default([])
    .describe(
      'Task codes that `skep start` dispatches at its start, each after the one before has ended',
    ),
  limits: z
    .strictObject({ payload: sizeSchema.default('1MiB'), result: sizeSchema.default('1MiB') })
    .prefault({})
    .describe('Largest payload and result'),
  shutdown: z
    .strictObject({ grace: durationSchema.default('30s') })
    .prefault({})
    .describe('How long runs may go on after SIGTERM'),
  redact: z
    .strictObject({
      fields: z
        .array(z.string().min(1).max(200))
        .default([])
        .describe('Names of fields that are secret everywhere, beside those that Skep knows'),
    })
    .prefault({})
    .describe('What is masked in logs and in what commands show'),
  log: z
    .strictObject({
      level: z.enum(logLevels).default('info'),
      format: z.enum(['auto', 'pretty', 'json']).default('auto'),
    })
    .prefault({})
    .describe('auto: pretty on a terminal, JSON otherwise'),
};

/**
 * The schema of plugins.json.
 * @param sections of rooms beside the core, such as `dataSources`.
 */
export function createConfigSchema<S extends z.ZodRawShape>(sections: S) {
  return z.strictObject({ ...coreSections, ...sections });
}

export type CoreConfig = z.output<z.ZodObject<typeof coreSections>>;
