// The claimer: gives due executions to consumers with free slots. It rides in the transactions of the group commit,
// so that a slot freed by a settle is filled by the same commit. One timer waits for the next delayed execution.
import type { Logger } from '../../../core/log/logger.js';
import type { ConsumeOptions, Delivery } from '../../../core/ports/broker.js';
import type { Seams } from '../../../core/seams.js';
import { ConsumerSlots } from './consumer-slots.js';
import type { Rider } from './group-commit.js';
import type { Claim, Store } from './store.js';
import { keepSuspectsApart } from './suspects.js';

export interface ClaimerParts {
  readonly store: Store;
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now'>;
  /** Recorded with what is running. */
  readonly worker: string;
  /** Asks for a transaction. */
  wake(): void;
  /** Makes what the consumer is given; `slots.free` is to be called when the claim has ended. */
  delivery(claim: Claim, slots: ConsumerSlots): Delivery;
}

const pauseAfterFailureMs = 1_000;
/** Longer than any timer has to be exact: the watcher looks at the clock in between. */
const longestTimerMs = 60_000;

export class Claimer implements Rider {
  readonly #parts: ClaimerParts;
  readonly #consumers = new Set<ConsumerSlots>();
  #dueTimer: NodeJS.Timeout | undefined;
  /** Set while claiming pauses because it failed. */
  #pause: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(parts: ClaimerParts) {
    this.#parts = parts;
  }

  /** Starts to claim for a consumer; the function that is returned stops it at once. */
  add(options: ConsumeOptions): () => void {
    const slots = new ConsumerSlots(options);
    this.#consumers.add(slots);
    this.#parts.wake();
    return () => {
      this.#consumers.delete(slots);
      this.#setTimer();
    };
  }

  /** Something was queued in the transaction that is going on. */
  arrived(queue: string, availableAt: number): void {
    const now = this.#parts.seams.now();
    for (const slots of this.#consumers) {
      if (slots.options.queue === queue) slots.arrived(availableAt, now);
    }
  }

  /** Another process may have queued something. */
  recheck(): void {
    for (const slots of this.#consumers) slots.arrived(Number.NEGATIVE_INFINITY, 0);
    this.#parts.wake();
  }

  /** Looks at the clock: what was delayed may be due. */
  tick(): void {
    const now = this.#parts.seams.now();
    const due = [...this.#consumers].filter(({ nextDue }) => nextDue <= now);
    for (const slots of due) slots.arrived(now, now);
    if (due.length > 0) this.#parts.wake();
  }

  close(): void {
    this.#consumers.clear();
    clearTimeout(this.#dueTimer);
    clearTimeout(this.#pause);
  }

  wants(): boolean {
    if (this.#pause !== undefined) return false;
    const { store, seams } = this.#parts;
    const now = seams.now();
    const hungry = [...this.#consumers].some((slots) => slots.wants(store, now));
    if (!hungry) this.#setTimer();
    return hungry;
  }

  begin(): void {
    for (const slots of this.#consumers) slots.begin();
  }

  ride(): void {
    if (this.#pause !== undefined) return;
    const { store, worker, seams } = this.#parts;
    const now = seams.now();
    for (const slots of this.#consumers) slots.claim(store, worker, now);
    keepSuspectsApart([...this.#consumers], store, now);
    this.#failing = false;
  }

  committed(): void {
    for (const slots of this.#consumers) {
      for (const claim of slots.committed()) void this.#deliver(claim, slots);
      // What was put off has left slots free.
      if (slots.isHungry) this.#parts.wake();
    }
    this.#setTimer();
  }

  failed(error: unknown): void {
    if (this.#consumers.size === 0) return;
    if (!this.#failing) this.#parts.logger.error('claiming failed, trying again', { error });
    this.#failing = true;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#parts.wake();
    }, pauseAfterFailureMs);
  }

  async #deliver(claim: Claim, slots: ConsumerSlots): Promise<void> {
    try {
      await slots.options.deliver(this.#parts.delivery(claim, slots));
    } catch (error) {
      const message = 'a delivery was rejected and stays out until it is settled';
      this.#parts.logger.error(message, { executionId: claim.id, error });
    }
  }

  #setTimer(): void {
    clearTimeout(this.#dueTimer);
    const next = Math.min(...[...this.#consumers].map(({ nextDue }) => nextDue));
    if (next === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max(0, next - this.#parts.seams.now()), longestTimerMs);
    this.#dueTimer = setTimeout(() => this.tick(), delayMs).unref();
  }
}
