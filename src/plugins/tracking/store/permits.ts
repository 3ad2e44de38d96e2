// How many groups may be under way at one time: who asks first gets first.

export class Permits {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a permit; give it back with the function that is returned, once. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      // Handed on directly, so that nobody who comes now overtakes.
      if (next) next();
      else this.#free += 1;
    };
  }
}
