// What `skep doctor` tells of the embedded queue.
import { existsSync, statSync } from 'node:fs';
import { queueOfLane } from '../../../core/dispatch/lanes.js';
import { formatBytes } from '../../../core/json.js';
import type { BrokerFacts, BrokerWarning, QueueView } from '../../../core/ports/broker.js';

/** What was counted in the queue. */
export interface QueueCounts {
  readonly queues: readonly QueueView[];
  readonly finished: number;
}

/** @param path of queue.db. */
export function examineQueue(path: string, { queues, finished }: QueueCounts): BrokerFacts {
  const unfinished = queues.reduce(
    (sum, { waiting, delayed, active }) => sum + waiting + delayed + active,
    0,
  );
  const size = formatBytes(sizeOf(path) + sizeOf(`${path}-wal`));
  return {
    found: `${path}, ${size}: ${unfinished} executions unfinished, ${finished} finished`,
    warnings: queues.filter(isHeldUp).map(heldUp),
  };
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

const isHeldUp = ({ paused, waiting }: QueueView): boolean => paused && waiting > 0;

const heldUp = ({ name, waiting }: QueueView): BrokerWarning => ({
  message: `the queue ${name} is paused, and ${waiting} executions wait in it`,
  remedy: `Resume it with \`skep queues resume ${queueOfLane(name)}\` when they are to run.`,
});
