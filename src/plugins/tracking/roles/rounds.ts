// The pulse of a background role: one round after another, until it is stopped. A round that fails is tried again, and
// of a row of failures only the first is told.
import type { Logger } from '../../../core/log/logger.js';

export interface RoundsParts {
  /** Names the role in logs. */
  readonly name: string;
  readonly logger: Logger;
  /** Does what there is to do. Resolves with the milliseconds to the next round; with none, it was the last. */
  readonly round: () => Promise<number | undefined>;
  /** After a round that failed, in milliseconds. */
  readonly retryMs: number;
}

export class Rounds {
  readonly #parts: RoundsParts;
  #state: 'new' | 'going' | 'stopped' = 'new';
  #timer: NodeJS.Timeout | undefined;
  /** When the next round is due, on the clock of `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #isOut = false;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** Whether what a round does should come to an end. */
  get stopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Begins with a round. Does nothing a second time, and after the stop. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'going';
    this.within(0);
  }

  /** Has a round begin within so many milliseconds; when one is going on, after it. */
  within(ms: number): void {
    if (this.#state !== 'going') return;
    const dueAt = performance.now() + ms;
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    if (this.#running === undefined) this.#wait();
  }

  /** Ends, and waits for the round that is going on. Safe to call twice, and before the start. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'going' || this.#dueAt === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        this.#running = this.#run();
      },
      Math.max(0, this.#dueAt - performance.now()),
    );
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const nextMs = await this.#round();
    this.#running = undefined;
    // It may have been brought forward meanwhile.
    if (nextMs !== undefined) this.#dueAt = Math.min(this.#dueAt, performance.now() + nextMs);
    this.#wait();
  }

  async #round(): Promise<number | undefined> {
    const { name, logger, round, retryMs } = this.#parts;
    try {
      const nextMs = await round();
      if (this.#isOut) logger.info(`${name} goes on`);
      this.#isOut = false;
      return nextMs;
    } catch (error) {
      if (!this.#isOut) logger.warn(`${name} failed, trying again`, { error });
      this.#isOut = true;
      return retryMs;
    }
  }
}
