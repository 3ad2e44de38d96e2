// The slots of one consumer: what is out, what is asked for, and whether it is worth asking again.
import type { ConsumeOptions } from '../../../core/ports/broker.js';
import type { Claim } from './claim.js';

/** What the answer of Redis says about the lanes of a consumer. */
export interface LaneNews {
  readonly asked: number;
  readonly claimed: number;
  readonly isPaused: boolean;
  /** More waits than was claimed. */
  readonly hasMore: boolean;
  /** When the next delayed one is due; milliseconds since 1970 UTC, negative for none. */
  readonly nextDue: number;
}

/** A job that a blocking pop has taken; not claimed yet. */
export interface Popped {
  readonly suffix: string;
  readonly id: string;
}

export class ConsumerSlots {
  readonly #out = new Set<Claim>();
  /** Asked for in calls that are under way. */
  #reserved = 0;
  #hungry = true;
  #popped: Popped[] = [];
  #stopped = false;
  isPaused = false;

  /** @param suffixes of its lanes, in order. */
  constructor(
    readonly options: ConsumeOptions,
    readonly suffixes: readonly string[],
  ) {}

  /** There may be work. */
  arrived(): void {
    this.#hungry = true;
  }

  popped(job: Popped): void {
    this.#popped.push(job);
    this.#hungry = true;
  }

  /** Claims nothing more; what was popped goes back. */
  stop(): void {
    this.#stopped = true;
    this.options.share?.hungry(false);
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  get free(): number {
    return this.#stopped ? 0 : this.options.concurrency - this.#out.size - this.#reserved;
  }

  /** Whether it waits for something to arrive. */
  get isIdle(): boolean {
    return !this.#hungry && this.free > 0 && !this.isPaused;
  }

  /** Whether a call should be made for it. */
  get wantsCall(): boolean {
    return this.#popped.length > 0 || (this.#hungry && this.free > 0);
  }

  /** Takes what the next call is to ask for. */
  reserve(): { readonly wanted: number; readonly popped: readonly Popped[] } {
    const popped = this.#popped;
    this.#popped = [];
    const { share } = this.options;
    const free = Math.max(0, this.free);
    const wanted = share ? share.take(free) : free;
    // Short of slots that others have: `onFree` wakes it.
    if (wanted < free) this.#hungry = false;
    this.#reserved += wanted;
    return { wanted, popped };
  }

  answered(news: LaneNews): void {
    this.#reserved -= news.asked;
    // Nothing waits, so it is not short of slots: two idle queues would wake each other without end.
    if (!news.hasMore) this.options.share?.take(0);
    this.options.share?.give(news.asked - news.claimed);
    this.isPaused = news.isPaused;
    if (news.claimed < news.asked && !news.hasMore) this.#hungry = false;
    this.options.share?.hungry(news.hasMore && !this.#stopped);
  }

  /** The call failed; whether it was carried out is not known. */
  failed(asked: number, popped: readonly Popped[]): void {
    this.#reserved -= asked;
    this.options.share?.give(asked);
    this.#popped.push(...popped);
    this.#hungry = true;
  }

  add(claim: Claim): void {
    this.#out.add(claim);
  }

  /** The settlement did not arrive: it is still out. */
  return(claim: Claim): void {
    this.#out.add(claim);
    this.options.share?.retake(1);
  }

  /** A settlement is on its way: the same call may fill the slot. */
  leave(claim: Claim): void {
    if (this.#out.delete(claim)) this.options.share?.give(1);
  }
}
