// Choices that a seed repeats.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** In [0, 1); mulberry32, by Tommy Ettinger, public domain. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to `most`, both included. */
  upTo(most: number): number {
    return Math.floor(this.next() * (most + 1));
  }

  /** @param share how often it is true, from 0 to 1 */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** @throws RangeError for an empty list */
  one<T>(values: readonly T[]): T {
    const value = values[this.upTo(values.length - 1)];
    if (value === undefined) throw new RangeError('there is nothing to choose from');
    return value;
  }

  /** So many, each chosen for itself. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.upTo(most) }, make);
  }
}
