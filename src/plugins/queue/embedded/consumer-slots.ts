// The slots of one consumer: what is out, and what a transaction would free and take.
import type { ConsumeOptions } from '../../../core/ports/broker.js';
import type { PausedQueues } from './control-store.js';
import { Lane } from './lane.js';
import type { Claim, Store } from './store.js';

/** What a claim is made with. */
export interface ClaimContext {
  readonly store: Store;
  readonly paused: PausedQueues;
  readonly worker: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

export class ConsumerSlots {
  readonly #lanes: readonly Lane[];
  readonly #out = new Set<Claim>();
  /** There was more to claim than the share of the process allowed; it will say when to try again. */
  #isShort = false;
  #isStopped = false;
  // Noted in the transaction that is going on; counts once it is committed.
  readonly #freed = new Set<Claim>();
  #claimed: Claim[] = [];
  /** Of the share of the process. */
  #taken = 0;

  constructor(readonly options: ConsumeOptions) {
    this.#lanes = options.lanes.map((name) => new Lane(name));
  }

  /** When to look again if nothing arrives before; milliseconds since 1970 UTC, or Infinity. */
  get nextDue(): number {
    if (this.#isStopped) return Number.POSITIVE_INFINITY;
    return Math.min(...this.#lanes.map(({ nextDue }) => nextDue));
  }

  get #free(): number {
    if (this.#isStopped) return 0;
    return this.options.concurrency - this.#out.size + this.#freed.size;
  }

  /** Something is or becomes due in a lane, which may be another consumer's. */
  arrived(name: string, availableAt: number, now: number): void {
    for (const lane of this.#lanes) if (lane.name === name) lane.arrived(availableAt, now);
  }

  /** Anything may have changed. */
  recheck(): void {
    this.#isShort = false;
    for (const lane of this.#lanes) lane.arrived(Number.NEGATIVE_INFINITY, 0);
  }

  /** What was delayed may be due now. */
  tick(now: number): boolean {
    const due = this.#lanes.filter(({ nextDue }) => nextDue <= now);
    for (const lane of due) lane.arrived(now, now);
    return due.length > 0;
  }

  /** The share of the process has slots again. */
  relieved(): void {
    this.#isShort = false;
  }

  /** Looks whether a claim would find something. */
  wants({ store, paused, now }: ClaimContext): boolean {
    if (!this.isHungry(paused)) return false;
    const isDue = this.#isDue(store, paused, now);
    if (!isDue) this.options.share?.hungry(false);
    return isDue;
  }

  #isDue(store: Store, paused: PausedQueues, now: number): boolean {
    return this.#lanes.some((lane) => !paused.has(lane.name) && lane.look(store, now));
  }

  /** The claim has ended with the transaction that is going on. */
  free(claim: Claim): void {
    if (!this.#out.has(claim) || this.#freed.has(claim)) return;
    this.#freed.add(claim);
    this.options.share?.give(1);
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
  isHungry(paused: PausedQueues): boolean {
    if (this.#isShort || this.#free <= 0) return false;
    return this.#lanes.some(({ mayBeDue, name }) => mayBeDue && !paused.has(name));
  }

  /** Tells the share what is wanted, before anyone takes of it. */
  announce({ store, paused, now }: ClaimContext): void {
    this.options.share?.hungry(this.#free > 0 && this.#isDue(store, paused, now));
  }

  /** Takes what is due for the free slots; of a lane only when those before it have nothing due. */
  claim(context: ClaimContext): void {
    const { store, paused, worker, now } = context;
    const { share } = this.options;
    this.tick(now);
    const lanes = this.#lanes.filter(({ mayBeDue, name }) => mayBeDue && !paused.has(name));
    const wanted = this.#free;
    if (wanted <= 0 || lanes.length === 0) return;
    const taken = share?.take(wanted) ?? wanted;
    // Noted first: a claim may fail.
    this.#taken = taken;
    let left = taken;
    for (const lane of lanes) {
      if (left === 0) break;
      const claims = store.claim(lane.name, left, worker, now);
      this.#claimed.push(...claims);
      if (claims.length < left) lane.emptied(store);
      left -= claims.length;
    }
    if (share === undefined) return;
    this.#giveBack(left);
    this.#isShort = taken < wanted && left === 0;
    share.hungry(this.#isShort && this.#isDue(store, paused, now));
  }

  /** Lets go of a claim of this transaction until later. */
  putOff(store: Store, claim: Claim, until: number): void {
    store.putOff(claim, until);
    this.#claimed = this.#claimed.filter((each) => each !== claim);
    this.#giveBack(1);
    for (const lane of this.#lanes) if (lane.name === claim.queue) lane.putOff(until);
  }

  /** Of what the transaction has taken. */
  #giveBack(count: number): void {
    this.#taken -= count;
    this.options.share?.give(count);
  }

  /** The transaction is durable. Returns what is to be delivered. */
  committed(): readonly Claim[] {
    const claimed = this.#claimed;
    for (const claim of this.#freed) this.#out.delete(claim);
    for (const claim of claimed) this.#out.add(claim);
    for (const lane of this.#lanes) lane.committed();
    this.#forget();
    return claimed;
  }

  rolledBack(): void {
    this.options.share?.retake(this.#freed.size);
    this.#giveBack(this.#taken);
    for (const lane of this.#lanes) lane.rolledBack();
    this.#isShort = false;
    this.#forget();
  }

  #forget(): void {
    this.#freed.clear();
    this.#claimed = [];
    this.#taken = 0;
  }

  /** Claims no more. What is out still takes its slots until it has ended. */
  stop(): void {
    this.#isStopped = true;
    this.options.share?.hungry(false);
  }

  /** Stopped, and nothing is out any more. */
  get isDone(): boolean {
    return this.#isStopped && this.#out.size === 0;
  }
}
