// Progress on its way to the main thread: tasks tell it as often as they like, and the latest in a while is sent.

/** The shortest time between two messages of one run. */
const pauseMs = 20;

export class ProgressSender {
  readonly #send: (fraction: number, message: string | undefined) => void;
  #held: readonly [number, string | undefined] | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** On the clock of `performance.now()`. */
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(send: (fraction: number, message: string | undefined) => void) {
    this.#send = send;
  }

  tell(fraction: number, message: string | undefined): void {
    this.#held = [fraction, message];
    const waitMs = this.#sentAt + pauseMs - performance.now();
    // Looked at on every call, because code that never yields lets no timer through.
    if (waitMs <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMs);
  }

  /** Sends what is held back. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held === undefined) return;
    const [fraction, message] = this.#held;
    this.#held = undefined;
    this.#sentAt = performance.now();
    this.#send(fraction, message);
  }
}
