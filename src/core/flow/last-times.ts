// The last so many times at which something happened.

export class LastTimes {
  readonly #times: number[] = [];
  /** Where the next one goes once there are `count` of them: over the oldest. */
  #next = 0;

  constructor(readonly count: number) {}

  push(time: number): void {
    if (this.#times.length < this.count) {
      this.#times.push(time);
      return;
    }
    this.#times[this.#next] = time;
    this.#next = (this.#next + 1) % this.count;
  }

  /** The k-th of the last `count`, from 0 for the oldest; minus infinity where there were not so many. */
  at(k: number): number {
    const missing = this.count - this.#times.length;
    return this.#times[(this.#next + k - missing) % this.count] ?? Number.NEGATIVE_INFINITY;
  }
}
