// The names of the keys in Redis. Every key of a queue carries one hash tag, so that scripts find them on one node of a
// cluster; what bee-queue keeps under `<prefix>:<name>:` is where its own tools look for it.
import { queueOfLane } from '../../../core/dispatch/lanes.js';

export interface LaneKeys {
  /** What bee-queue calls the queue. */
  readonly beeName: string;
  /** First part of the keys that all lanes of the queue share. */
  readonly base: string;
  /** What follows `base` in the keys of this lane; empty for the lane of normal priority. */
  readonly suffix: string;
}

export class Keys {
  constructor(readonly prefix: string) {}

  /** Names of all lanes that were ever used. */
  get lanes(): string {
    return `${this.prefix}:queues`;
  }

  /** Worker id to its status. */
  get workers(): string {
    return `${this.prefix}:workers`;
  }

  /** Channel: what all workers are told. */
  get control(): string {
    return `${this.prefix}:control`;
  }

  lane(lane: string): LaneKeys {
    const queue = queueOfLane(lane);
    const rest = lane.slice(queue.length + 1);
    const suffix = rest === '' ? '' : `${rest}:`;
    return {
      beeName: rest === '' ? `{${queue}}` : `{${queue}}:${rest}`,
      base: this.base(queue),
      suffix,
    };
  }

  base(queue: string): string {
    return `${this.prefix}:{${queue}}:`;
  }

  /** A key of a lane: `waiting`, `active`, `delayed`, `jobs`, `stalling` of bee-queue; `claims`, `finished`, … of ours. */
  of(lane: string, name: string): string {
    const { base, suffix } = this.lane(lane);
    return `${base}${suffix}${name}`;
  }

  /** Exists while no worker may claim from the queue. */
  paused(queue: string): string {
    return `${this.base(queue)}paused`;
  }

  /** Exists while someone waits for the end of an execution; without it nothing is published. */
  awaited(queue: string): string {
    return `${this.base(queue)}awaited`;
  }

  /** Channel: something urgent was queued in a lane on which nobody blocks. */
  wake(queue: string): string {
    return `${this.base(queue)}wake`;
  }
}
