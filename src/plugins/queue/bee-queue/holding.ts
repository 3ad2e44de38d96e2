// Tells which executions the queues hold: those that have not ended, wherever they are.
import { lanesOf, queueOfLane } from '../../../core/dispatch/lanes.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';

export interface HoldingParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly timeoutMs: number;
  /** The server has lost the list of lanes: someone has emptied it. */
  onLost(): void;
}

export class Holding {
  readonly #parts: HoldingParts;
  /** Queues that are or were in the list of lanes. */
  readonly #queues = new Set<string>();

  constructor(parts: HoldingParts) {
    this.#parts = parts;
  }

  /** Something was queued in these lanes. */
  know(lanes: readonly string[]): void {
    for (const lane of lanes) this.#queues.add(queueOfLane(lane));
  }

  /** In one round trip; in two when a queue is new. */
  async holds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const { link, keys, timeoutMs, onLost } = this.#parts;
    return link.send(async (redis) => {
      const ask = async (queues: readonly string[]): Promise<string[]> => {
        const answers = await Promise.all(
          queues.map((queue) => {
            const suffixes = lanesOf(queue).map((lane) => keys.lane(lane).suffix);
            const words = [suffixes.length, ...suffixes, ...ids];
            return redis.scripts.holds(keys.base(queue), ...words);
          }),
        );
        return answers.flat().flatMap((number) => ids[number - 1] ?? []);
      };
      const known = [...this.#queues];
      const [lanes, held] = await Promise.all([redis.smembers(keys.lanes), ask(known)]);
      const listed = new Set(lanes.map(queueOfLane));
      if (known.some((queue) => !listed.has(queue))) onLost();
      const fresh = [...listed].filter((queue) => !known.includes(queue));
      this.know(fresh);
      return new Set([...held, ...(await ask(fresh))]);
    }, timeoutMs);
  }
}
