// The claimer: gives due executions to consumers with free slots. It rides in the transactions of the group commit,
// so that a slot freed by a settle is filled by the same commit. One timer waits for the next delayed execution.
import type { Logger } from '../../../core/log/logger.js';
import type { ConsumeOptions, Delivery } from '../../../core/ports/broker.js';
import type { Seams } from '../../../core/seams.js';
import { type ClaimContext, ConsumerSlots } from './consumer-slots.js';
import type { ControlStore, PausedQueues } from './control-store.js';
import type { Rider } from './group-commit.js';
import type { Claim, Store } from './store.js';
import { keepSuspectsApart } from './suspects.js';

export interface ClaimerParts {
  readonly store: Store;
  readonly control: ControlStore;
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
  /** Those that have stopped too, until nothing of theirs is out. */
  readonly #consumers = new Set<ConsumerSlots>();
  /** As they were last read; to be read again when undefined. */
  #paused: PausedQueues | undefined;
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
    options.share?.onFree(() => {
      slots.relieved();
      this.#parts.wake();
    });
    this.#consumers.add(slots);
    this.#parts.wake();
    return () => {
      slots.stop();
      if (slots.isDone) this.#consumers.delete(slots);
      this.#setTimer();
    };
  }

  /** Something was queued in the transaction that is going on. */
  arrived(queue: string, availableAt: number): void {
    const now = this.#parts.seams.now();
    for (const slots of this.#consumers) slots.arrived(queue, availableAt, now);
  }

  /** Anything may have been changed by another process, or past the claimer by this one. */
  recheck(): void {
    this.#paused = undefined;
    for (const slots of this.#consumers) slots.recheck();
    this.#parts.wake();
  }

  /** Looks at the clock: what was delayed may be due. */
  tick(): void {
    const now = this.#parts.seams.now();
    const due = [...this.#consumers].filter((slots) => slots.tick(now));
    if (due.length > 0) this.#parts.wake();
  }

  close(): void {
    this.#consumers.clear();
    clearTimeout(this.#dueTimer);
    clearTimeout(this.#pause);
  }

  wants(): boolean {
    if (this.#pause !== undefined || this.#consumers.size === 0) return false;
    const context = this.#context();
    const hungry = [...this.#consumers].some((slots) => slots.wants(context));
    if (!hungry) this.#setTimer();
    return hungry;
  }

  ride(): void {
    if (this.#pause !== undefined || this.#consumers.size === 0) return;
    const context = this.#context();
    const consumers = [...this.#consumers];
    if (consumers.length > 1) for (const slots of consumers) slots.announce(context);
    for (const slots of consumers) slots.claim(context);
    keepSuspectsApart(consumers, context.store, context.now);
    this.#failing = false;
  }

  committed(): void {
    for (const slots of this.#consumers) {
      for (const claim of slots.committed()) void this.#deliver(claim, slots);
      if (slots.isDone) this.#consumers.delete(slots);
      // What was put off has left slots free.
      else if (slots.isHungry(this.#pausedQueues())) this.#parts.wake();
    }
    this.#setTimer();
  }

  rolledBack(): void {
    this.#paused = undefined;
    for (const slots of this.#consumers) slots.rolledBack();
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

  #context(): ClaimContext {
    const { store, worker, seams } = this.#parts;
    return { store, worker, now: seams.now(), paused: this.#pausedQueues() };
  }

  #pausedQueues(): PausedQueues {
    this.#paused ??= this.#parts.control.paused();
    return this.#paused;
  }

  #setTimer(): void {
    clearTimeout(this.#dueTimer);
    const next = Math.min(...[...this.#consumers].map(({ nextDue }) => nextDue));
    if (next === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max(0, next - this.#parts.seams.now()), longestTimerMs);
    this.#dueTimer = setTimeout(() => this.tick(), delayMs).unref();
  }
}
