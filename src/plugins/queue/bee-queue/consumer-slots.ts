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
  /** When it was asked for, by the monotonic clock; it was popped then at the earliest. */
  readonly askedAt: number;
}

export class ConsumerSlots {
  readonly #out = new Set<Claim>();
  /** Asked for in calls that are under way. */
  #reserved = 0;
  #hungry = true;
  #popped: Popped[] = [];
  /** It had fewer slots of the process than it wanted; `onFree` wakes it. */
  #isShort = false;
  #stopped = false;
  isPaused = false;

  /**
   * @param suffixes of its lanes, in order.
   * @param freshMs how long a popped job is left alone by others, who take it for stalled after that.
   */
  constructor(
    readonly options: ConsumeOptions,
    readonly suffixes: readonly string[],
    readonly freshMs: number,
  ) {}

  /** There may be work. */
  arrived(): void {
    this.#hungry = true;
    this.#isShort = false;
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
    return !this.#hungry && this.free > 0 && !this.isPaused && !this.#isShort;
  }

  /** Whether a call should be made for it. */
  get wantsCall(): boolean {
    return this.#popped.length > 0 || (this.#hungry && this.free > 0);
  }

  /** Takes what the next call is to ask for. */
  reserve(): { readonly wanted: number; readonly popped: readonly Popped[] } {
    // An older one may have been given to another worker by now, and if not, the stall check brings it back.
    const popped = this.#popped.filter(({ askedAt }) => performance.now() - askedAt < this.freshMs);
    this.#popped = [];
    const { share } = this.options;
    const free = Math.max(0, this.free);
    const wanted = share ? share.take(free) : free;
    this.#isShort = wanted < free;
    if (this.#isShort) this.#hungry = false;
    this.#reserved += wanted;
    return { wanted, popped };
  }

  answered(news: LaneNews): void {
    this.#reserved -= news.asked;
    // Nothing waits, so it is not short of slots: two idle queues would wake each other without end.
    if (!news.hasMore) {
      this.options.share?.take(0);
      this.#isShort = false;
    }
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
