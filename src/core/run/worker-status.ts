// Reads the status that a worker has published: it may be of an older or a newer version.
import { z } from 'zod';
import type { WorkerStatus } from '../ports/control.js';

const count = z.number().catch(0);
const text = z.string().catch('');

/** Loose: what a newer version tells beside that is kept. What an older one does not tell is empty. */
const statusSchema = z.looseObject({
  id: z.string(),
  host: text,
  pid: count,
  version: text,
  startedAt: count,
  beatAt: count,
  state: z.enum(['running', 'draining']).catch('running'),
  queues: z.array(z.looseObject({ name: z.string(), concurrency: count })).catch([]),
  slots: count,
  running: z
    .array(z.looseObject({ executionId: z.string(), task: text, attempt: count, startedAt: count }))
    .catch([]),
  finished: count,
  eventLoopLagMs: count,
  clockAheadMs: z.number().optional().catch(undefined),
  tasks: z.array(z.string()).optional().catch(undefined),
  envelopeVersion: z.number().optional().catch(undefined),
  memoryBytes: count,
});

/** Undefined for what no worker has published. */
export function readWorkerStatus(published: unknown): WorkerStatus | undefined {
  const { success, data } = statusSchema.safeParse(published);
  if (!success) return undefined;
  const { clockAheadMs, tasks, envelopeVersion, ...status } = data;
  return {
    ...status,
    ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
    ...(tasks === undefined ? {} : { tasks }),
    ...(envelopeVersion === undefined ? {} : { envelopeVersion }),
  };
}
