// Watches a delivery from its arrival to the end of its run: whether it was cancelled, was lost to another worker, or
// belongs to a runtime that stops. Before the code begins the runner asks; while it runs its clock is told.
import type { Interruption } from '../ports/broker.js';
import type { Delivered } from './acceptance.js';
import {
  DeliveryLost,
  ExecutionCancelled,
  type Interrupt,
  RuntimeStopping,
} from './interruptions.js';
import type { RunClock } from './run-clock.js';

export interface DeliveryWatchParts {
  readonly delivered: Pick<Delivered, 'onInterrupt'>;
  isStopping(): boolean;
  /** Called when a run whose code goes on is interrupted. */
  onAbort(why: Interruption): void;
}

export class DeliveryWatch {
  readonly #parts: DeliveryWatchParts;
  #why: Interruption | undefined;
  #clock: RunClock | undefined;

  constructor(parts: DeliveryWatchParts) {
    this.#parts = parts;
    parts.delivered.onInterrupt?.((why) => this.#interrupted(why));
  }

  /** Why no code of the run may start any more; undefined while it may. */
  get interruption(): Interrupt | undefined {
    if (this.#why === 'lost') return new DeliveryLost();
    if (this.#why === 'cancelled') return new ExecutionCancelled();
    return this.#parts.isStopping() ? new RuntimeStopping() : undefined;
  }

  /** Has the clock of the run interrupted, for what has happened already too. */
  attach(clock: RunClock): void {
    this.#clock = clock;
    if (this.#parts.isStopping()) clock.stop();
    if (this.#why !== undefined) interrupt(clock, this.#why);
  }

  /** The clock's part is over and the delivery is watched further: another clock may follow. */
  release(): void {
    this.#clock = undefined;
  }

  /** The code has ended: what comes now changes nothing. */
  detach(): void {
    this.#clock = undefined;
    this.#parts.delivered.onInterrupt?.(() => undefined);
  }

  #interrupted(why: Interruption): void {
    this.#why = why;
    if (this.#clock === undefined) return;
    this.#parts.onAbort(why);
    interrupt(this.#clock, why);
  }
}

function interrupt(clock: RunClock, why: Interruption): void {
  if (why === 'cancelled') clock.cancel();
  else clock.lose();
}
