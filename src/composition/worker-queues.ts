// The queues that a process consumes, with how much of it each may take.
import { SkepError } from '../core/errors/skep-error.js';
import type { WorkerQueue } from '../core/run/worker.js';
import { didYouMean } from '../core/suggest.js';
import type { SkepInstallation } from './installation.js';

/** How a queue is consumed of which the configuration says nothing. */
export const defaultQueue = { concurrency: 10, weight: 1 } as const;

/**
 * Those asked for, else every queue that a task or the configuration names.
 * @throws SkepError `SKEP_USAGE` when there is no such queue.
 */
export function workerQueues(
  { registry, config }: SkepInstallation,
  asked: readonly string[] | undefined,
): WorkerQueue[] {
  const known = [...new Set([...registry.queues, ...Object.keys(config.queues)])];
  for (const name of asked ?? []) {
    if (known.includes(name)) continue;
    const message = `there is no queue "${name}"${didYouMean(name, known)}`;
    throw new SkepError('SKEP_USAGE', message, { remedy: 'See `skep queues` for the names.' });
  }
  return (asked ?? known).map((name) => ({
    name,
    concurrency: config.queues[name]?.concurrency ?? defaultQueue.concurrency,
    weight: config.queues[name]?.weight ?? defaultQueue.weight,
  }));
}
