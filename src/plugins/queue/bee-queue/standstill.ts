// Tells when this process has stood still: its timers come first then, before what has arrived meanwhile is read.

export class Standstill {
  readonly #everyMs: number;
  readonly #now: () => number;
  #lastAt: number;
  #wasLate = false;

  /**
   * @param everyMs between two turns of the interval in which it is asked, milliseconds.
   * @param now a clock that nobody sets.
   */
  constructor(everyMs: number, now: () => number = () => performance.now()) {
    this.#everyMs = everyMs;
    this.#now = now;
    this.#lastAt = now();
  }

  /** To be asked once in each turn: whether this is the first after a standstill. One that is late each time is slow. */
  hasJustEnded(): boolean {
    const now = this.#now();
    const isLate = now - this.#lastAt > 2 * this.#everyMs;
    const isFirst = isLate && !this.#wasLate;
    this.#lastAt = now;
    this.#wasLate = isLate;
    return isFirst;
  }
}
