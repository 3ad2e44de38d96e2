// A hard limit that comes when the test says so: by then the code is where it is to be, however slow the machine is.

/** No other timer here is as long. */
const limitMs = 7_200_000;

export class HardLimit implements Disposable {
  /** For plugins.json. */
  readonly timeLimit = { hard: '2h' } as const;
  readonly #setTimeout = globalThis.setTimeout;
  #latest: () => void = () => undefined;

  constructor() {
    const noticed = (act: () => void, ms?: number): NodeJS.Timeout => {
      if (ms === limitMs) this.#latest = act;
      return this.#setTimeout(act, ms);
    };
    globalThis.setTimeout = noticed as typeof setTimeout;
  }

  /** The limit of the run that began last comes now. */
  strike(): void {
    this.#latest();
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#setTimeout;
  }
}
