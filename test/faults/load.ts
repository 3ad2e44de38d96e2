// Work that keeps coming while something is broken: dispatched one by one, each kept in mind once it is acknowledged.
import { setTimeout as pause } from 'node:timers/promises';
import type { DispatchOptions } from '../../src/core/dispatch/dispatcher.js';
import type { JsonValue } from '../../src/core/json.js';
import type { FaultSite } from './fault-site.js';

const dispatchers = 4;
const pauseMs = 20;

/** What is dispatched, and how. */
export interface Dispatching {
  readonly task: string;
  readonly payload: JsonValue;
  readonly options?: DispatchOptions;
}

export class Load {
  /** What the queue has acknowledged. */
  readonly ids: string[] = [];
  /** Why the others were refused, by error code. */
  readonly refused: string[] = [];
  readonly #site: FaultSite;
  readonly #dispatching: Promise<unknown>;
  #ends = false;

  constructor(site: FaultSite, task: string, payload: () => JsonValue);
  constructor(site: FaultSite, next: () => Dispatching);
  constructor(site: FaultSite, what: string | (() => Dispatching), payload?: () => JsonValue) {
    this.#site = site;
    const next =
      typeof what === 'string' ? () => ({ task: what, payload: payload?.() ?? null }) : what;
    const some = Array.from({ length: dispatchers }, () => this.#dispatch(next));
    this.#dispatching = Promise.all(some);
  }

  async end(): Promise<void> {
    this.#ends = true;
    await this.#dispatching;
  }

  async #dispatch(next: () => Dispatching): Promise<void> {
    while (!this.#ends) {
      const { task, payload, options } = next();
      try {
        this.ids.push(await this.#site.dispatch(task, payload, options));
      } catch (error) {
        // As whoever dispatches would see it.
        this.refused.push(String((error as { code?: unknown }).code ?? error));
      }
      await pause(pauseMs);
    }
  }
}

/** Tells how long something took, where whoever runs the proofs reads it. */
export function tell(what: string, milliseconds: readonly number[]): void {
  const all = milliseconds.map((each) => `${Math.round(each)} ms`).join(', ');
  process.stderr.write(`${what}: ${all}\n`);
}
