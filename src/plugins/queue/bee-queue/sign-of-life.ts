// When this process last told Redis that its claims are alive, and whether its threads take their turns: noted by the keeper thread and
// the main thread, read by the main thread. The clock is one that nobody sets and that all threads share.

/** What is noted, in nanoseconds: the last sign of life, the latest turn of the keeper thread, and the one before it. */
const [told, turn, turnBefore, length] = [0, 1, 2, 3];

export class SignOfLife {
  readonly #nanoseconds: BigInt64Array;

  /** @param buffer shared with another thread. */
  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(8 * length)) {
    this.#nanoseconds = new BigInt64Array(buffer);
  }

  /** The time to be noted by {@link note}, taken before Redis is told: what counts is when it was still true. */
  static now(): bigint {
    return process.hrtime.bigint();
  }

  note(at: bigint): void {
    if (at > this.#at(told)) Atomics.store(this.#nanoseconds, told, at);
  }

  /** Milliseconds since the last one. */
  get ageMs(): number {
    return msBetween(this.#at(told), SignOfLife.now());
  }

  /** The keeper thread is at work, whether Redis answers it or not; in even intervals. */
  noteTurn(at: bigint = SignOfLife.now()): void {
    Atomics.store(this.#nanoseconds, turnBefore, this.#at(turn));
    Atomics.store(this.#nanoseconds, turn, at);
  }

  /**
   * Whether the keeper thread was late for a turn a moment ago, by more than so many milliseconds; `true` while that is not
   * known, because it has hardly begun or has ended. When the main thread is late and this one is not, no more is wrong
   * than that a task blocks the main thread.
   */
  keeperWasLate(mostMs: number, now: bigint = SignOfLife.now()): boolean {
    const [latest, before] = [this.#at(turn), this.#at(turnBefore)];
    if (before === 0n) return true;
    return msBetween(latest, now) > mostMs || msBetween(before, latest) > mostMs;
  }

  #at(index: number): bigint {
    return Atomics.load(this.#nanoseconds, index);
  }
}

const msBetween = (from: bigint, to: bigint): number => Number(to - from) / 1e6;
