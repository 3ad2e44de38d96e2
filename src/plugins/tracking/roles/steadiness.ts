// Whether the database was there all the time: heartbeats that are old after it was away say nothing about their workers.
export class Steadiness {
  readonly #now: () => number;
  readonly #longestGapMs: number;
  #since = Number.POSITIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;

  /**
   * @param longestGapMs between two signs of it.
   * @param now a clock that never jumps, in milliseconds.
   */
  constructor(longestGapMs: number, now: () => number) {
    this.#longestGapMs = longestGapMs;
    this.#now = now;
  }

  /** The database has answered. */
  note(): void {
    const now = this.#now();
    if (now - this.#lastAt > this.#longestGapMs) this.#since = now;
    this.#lastAt = now;
  }

  /** For how long it has answered, without a gap; in milliseconds. */
  get forMs(): number {
    return this.#lastAt - this.#since;
  }
}
