// The limits that tasks have over all workers, where all workers are this process: kept in memory, exact, and gone
// with the process as its runs are.
import type { Admission } from '../ports/broker.js';
import type { FlowLimits } from '../tasks/flow-options.js';
import { Places } from './places.js';
import { RateWindow } from './rate-window.js';

export interface LocalFlowParts {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Makes a postponed execution available at once; a hint that may come to nothing. Never rejects. */
  bringForward(id: string): Promise<void>;
}

interface TaskFlow {
  readonly places: Places | undefined;
  readonly rate: RateWindow | undefined;
}

export class LocalFlow {
  readonly #parts: LocalFlowParts;
  readonly #tasks = new Map<string, TaskFlow>();

  constructor(parts: LocalFlowParts) {
    this.#parts = parts;
  }

  /** Asks for a place for an execution, among the runs of its task. */
  admit(id: string, limits: FlowLimits): Admission {
    const { places, rate } = this.#flowOf(limits);
    const now = this.#parts.now();
    const placeAt = places?.free(id, now) ?? now;
    if (placeAt > now) return { admitted: false, availableAt: placeAt };
    const startAt = rate?.start(id, now) ?? now;
    if (startAt > now) {
      // Its place may be had by another until then.
      places?.giveUp(id);
      return { admitted: false, availableAt: startAt };
    }
    places?.take(id);
    return { admitted: true, release: () => this.#release(places) };
  }

  async #release(places: Places | undefined): Promise<void> {
    const called = places?.release(this.#parts.now());
    if (called !== undefined) await this.#parts.bringForward(called);
  }

  #flowOf({ task, concurrency, rate }: FlowLimits): TaskFlow {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    const flow = {
      places: concurrency === undefined ? undefined : new Places(concurrency),
      rate: rate === undefined ? undefined : new RateWindow(rate),
    };
    this.#tasks.set(task, flow);
    return flow;
  }
}
