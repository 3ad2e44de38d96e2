// How long the event loop was held up, without a gap between two questions.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Sampling runs outside JavaScript and costs next to nothing. */
const resolutionMs = 20;
const nanosecondsPerMs = 1e6;

/**
 * The longest delay of the event loop. A histogram that was reset does not see what begins before its next sample, so
 * that there are two, reset in turn: what one of them misses the other has.
 */
export class LoopLag {
  #older = monitorEventLoopDelay({ resolution: resolutionMs });
  #newer = monitorEventLoopDelay({ resolution: resolutionMs });

  start(): void {
    this.#older.enable();
    this.#newer.enable();
  }

  /** Safe to call twice, and before the start. */
  stop(): void {
    this.#older.disable();
    this.#newer.disable();
  }

  /** The longest delay since it was asked last, in milliseconds; it is seen once more by the next question. */
  take(): number {
    const lagMs = Math.max(longestMs(this.#older), longestMs(this.#newer));
    this.#older.reset();
    [this.#older, this.#newer] = [this.#newer, this.#older];
    return Math.round(lagMs * 10) / 10;
  }
}

/** Each sample holds the time between samples too. */
function longestMs({ count, max }: IntervalHistogram): number {
  return count === 0 ? 0 : Math.max(0, max / nanosecondsPerMs - resolutionMs);
}
