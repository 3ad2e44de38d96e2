// One lane of a consumer: when it is worth looking for something due in it.
import type { Store } from './store.js';

export class Lane {
  /** Something may be due. When false, nothing is before `#nextDue`, unless `arrived` says so. */
  #mayBeDue = true;
  #nextDue = Number.POSITIVE_INFINITY;
  /** Noted in the transaction that is going on; counts once it is committed. */
  #dueAfter: number | undefined;

  constructor(readonly name: string) {}

  get mayBeDue(): boolean {
    return this.#mayBeDue;
  }

  /** When to look again if nothing arrives before; milliseconds since 1970 UTC, or Infinity. */
  get nextDue(): number {
    return this.#mayBeDue ? Number.POSITIVE_INFINITY : this.#nextDue;
  }

  /** Something is or becomes due. A hint: too many of them cost a look, no more. */
  arrived(availableAt: number, now: number): void {
    if (availableAt <= now) this.#mayBeDue = true;
    else this.#nextDue = Math.min(this.#nextDue, availableAt);
  }

  /** Looks whether a claim would find something; remembers when it would not. */
  look(store: Store, now: number): boolean {
    if (!this.#mayBeDue) return false;
    const due = store.firstDue(this.name) ?? Number.POSITIVE_INFINITY;
    if (due <= now) return true;
    this.#mayBeDue = false;
    this.#nextDue = due;
    return false;
  }

  /** The transaction has claimed all that is due: what is next? */
  emptied(store: Store): void {
    this.#dueAfter = store.firstDue(this.name) ?? Number.POSITIVE_INFINITY;
  }

  /** The transaction has put something off. */
  putOff(until: number): void {
    if (this.#dueAfter !== undefined) this.#dueAfter = Math.min(this.#dueAfter, until);
  }

  committed(): void {
    if (this.#dueAfter === undefined) return;
    this.#mayBeDue = false;
    this.#nextDue = this.#dueAfter;
    this.#dueAfter = undefined;
  }

  /** What was seen in the transaction is not so. */
  rolledBack(): void {
    this.#dueAfter = undefined;
    this.#mayBeDue = true;
  }
}
