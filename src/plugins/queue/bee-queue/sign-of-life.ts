// When this process last told Redis that its claims are alive: noted by the keeper thread and the main thread, read by the
// main thread. The clock is one that nobody sets and that all threads share.

export class SignOfLife {
  readonly #nanoseconds: BigInt64Array;

  /** @param buffer shared with another thread; eight bytes. */
  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#nanoseconds = new BigInt64Array(buffer);
  }

  /** The time to be noted by {@link note}, taken before Redis is told: what counts is when it was still true. */
  static now(): bigint {
    return process.hrtime.bigint();
  }

  note(at: bigint): void {
    if (at > Atomics.load(this.#nanoseconds, 0)) Atomics.store(this.#nanoseconds, 0, at);
  }

  /** Milliseconds since the last one. */
  get ageMs(): number {
    return Number(SignOfLife.now() - Atomics.load(this.#nanoseconds, 0)) / 1e6;
  }
}
