// How long a supervisor waits before it replaces a process: longer from failure to failure, without giving up.

/** All in milliseconds. */
export interface BackOffTimes {
  /** Before the first replacement; doubles with each failure that follows. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A process that lived so long has proved itself: counting starts anew. */
  readonly provenMs: number;
  /** A process that is worn out earlier than this was given too little by its configuration. */
  readonly hastyMs: number;
}

export const defaultBackOff: BackOffTimes = {
  firstMs: 1_000,
  longestMs: 30_000,
  provenMs: 60_000,
  hastyMs: 10_000,
};

/** The waits at one place of a supervisor. */
export class BackOff {
  readonly #times: BackOffTimes;
  #failures = 0;

  constructor(times: BackOffTimes) {
    this.#times = times;
  }

  /**
   * How long to wait before the process is replaced, milliseconds.
   * @param livedMs how long it lived.
   * @param isRecycled whether it ended because it was worn out, and not by a fault.
   */
  next(livedMs: number, isRecycled: boolean): number {
    const { firstMs, longestMs, provenMs, hastyMs } = this.#times;
    if (livedMs >= provenMs) this.#failures = 0;
    if (isRecycled && livedMs >= hastyMs) return 0;
    const waitMs = Math.min(longestMs, firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return waitMs;
  }
}
