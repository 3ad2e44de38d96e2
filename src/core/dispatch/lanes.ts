// Lanes: a queue with priorities is up to three queues of the broker, claimed from in strict order.
import { type Priority, priorities } from '../tasks/flow-options.js';

/** The broker's queue for executions of this priority. */
export function laneOf(queue: string, priority: Priority): string {
  return priority === 'normal' ? queue : `${queue}:${priority}`;
}

/** All lanes of a queue, the most urgent first. */
export function lanesOf(queue: string): [string, ...string[]] {
  const [first, ...rest] = priorities;
  return [laneOf(queue, first), ...rest.map((priority) => laneOf(queue, priority))];
}

/** The lanes that a name stands for: all of a queue, or one by its own name. */
export function lanesNamed(name: string): readonly string[] {
  return name.includes(':') ? [name] : lanesOf(name);
}

/** The queue to which a lane belongs, as tasks and people name it. */
export function queueOfLane(lane: string): string {
  return lane.split(':', 1)[0] ?? lane;
}
