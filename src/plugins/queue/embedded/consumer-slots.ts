// The slots of one consumer: what is out, what a transaction would free and take, and when it is worth looking again.
import type { ConsumeOptions } from '../../../core/ports/broker.js';
import type { Claim, Store } from './store.js';

export class ConsumerSlots {
  readonly #out = new Set<Claim>();
  /** Work may be due. When false, nothing is before `nextDue`, unless `arrived` says so. */
  #hungry = true;
  #nextDue = Number.POSITIVE_INFINITY;
  // Noted in the transaction that is going on; counts once it is committed.
  #freed = new Set<Claim>();
  #claimed: Claim[] = [];
  #dueAfter: number | undefined;

  constructor(readonly options: ConsumeOptions) {}

  /** When to look again if nothing arrives before; milliseconds since 1970 UTC, or Infinity. */
  get nextDue(): number {
    return this.#hungry ? Number.POSITIVE_INFINITY : this.#nextDue;
  }

  get #free(): number {
    return this.options.concurrency - this.#out.size + this.#freed.size;
  }

  /** Something is or becomes due. A hint: too many of them cost a look, no more. */
  arrived(availableAt: number, now: number): void {
    if (availableAt <= now) this.#hungry = true;
    else this.#nextDue = Math.min(this.#nextDue, availableAt);
  }

  /** Looks whether a claim would find something. */
  wants(store: Store, now: number): boolean {
    if (!this.isHungry) return false;
    const due = store.firstDue(this.options.queue) ?? Number.POSITIVE_INFINITY;
    if (due <= now) return true;
    this.#hungry = false;
    this.#nextDue = due;
    return false;
  }

  begin(): void {
    this.#freed.clear();
    this.#claimed = [];
    this.#dueAfter = undefined;
  }

  free(claim: Claim): void {
    if (this.#out.has(claim)) this.#freed.add(claim);
  }

  /** What the transaction has claimed. */
  get claimed(): readonly Claim[] {
    return this.#claimed;
  }

  /** What was out before the transaction and still is. */
  get stillOut(): readonly Claim[] {
    return [...this.#out].filter((claim) => !this.#freed.has(claim));
  }

  /** Whether there are free slots and there may be something for them. */
  get isHungry(): boolean {
    return this.#hungry && this.#free > 0;
  }

  /** Takes what is due for the free slots. */
  claim(store: Store, worker: string, now: number): void {
    if (!this.isHungry) return;
    const free = this.#free;
    const { queue } = this.options;
    this.#claimed = store.claim(queue, free, worker, now);
    if (this.#claimed.length < free) {
      this.#dueAfter = store.firstDue(queue) ?? Number.POSITIVE_INFINITY;
    }
  }

  /** Lets go of a claim of this transaction until later. */
  putOff(store: Store, claim: Claim, until: number): void {
    store.putOff(claim, until);
    this.#claimed = this.#claimed.filter((each) => each !== claim);
    if (this.#dueAfter !== undefined) this.#dueAfter = Math.min(this.#dueAfter, until);
  }

  /** The transaction is durable. Returns what is to be delivered. */
  committed(): readonly Claim[] {
    const claimed = this.#claimed;
    for (const claim of this.#freed) this.#out.delete(claim);
    for (const claim of claimed) this.#out.add(claim);
    if (this.#dueAfter !== undefined) {
      this.#hungry = false;
      this.#nextDue = this.#dueAfter;
    }
    this.begin();
    return claimed;
  }
}
