// So many starts in a sliding window. Who may not start is promised a time of its own, so that a backlog is put off
// once and not again and again.
import { LastTimes } from './last-times.js';

export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

/** A promise that was not kept so long after its time is void: its execution was cancelled, or its queue paused. */
const promiseGraceMs = 5_000;

/** Times are in milliseconds. */
export class RateWindow {
  readonly #windowMs: number;
  /** What has started. The limit holds for these, whatever was promised. */
  readonly #starts: LastTimes;
  /** What has started at once or was promised, as it was planned. */
  readonly #plan: LastTimes;
  /** In the order in which they were first promised. */
  readonly #promised = new Map<string, number>();

  constructor({ count, windowMs }: Rate) {
    this.#windowMs = windowMs;
    this.#starts = new LastTimes(count);
    this.#plan = new LastTimes(count);
  }

  /** Starts `id` if it may start now. Returns when it may: `now` if it has started. */
  start(id: string, now: number): number {
    this.#forgetPromises(now);
    const at = this.#promised.has(id) ? this.#promiseAgain(id, now) : this.#planNew(now);
    if (at > now) {
      this.#promised.set(id, at);
    } else {
      this.#promised.delete(id);
      this.#starts.push(now);
    }
    return at;
  }

  #planNew(now: number): number {
    const at = Math.max(
      now,
      this.#plan.at(0) + this.#windowMs,
      this.#starts.at(0) + this.#windowMs,
    );
    this.#plan.push(at);
    return at;
  }

  /** Starts come a little later than was promised, and so does what is promised on top of them. */
  #promiseAgain(id: string, now: number): number {
    const late: number[] = [];
    const next = (): number => {
      const { count } = this.#starts;
      const k = late.length;
      const last = k < count ? this.#starts.at(k) : (late[k - count] ?? now);
      return Math.max(now, last + this.#windowMs);
    };
    for (const [before, at] of this.#promised) {
      if (before === id) break;
      late.push(Math.max(at, next()));
    }
    return next();
  }

  #forgetPromises(now: number): void {
    for (const [id, at] of this.#promised) {
      if (at + promiseGraceMs >= now) break;
      this.#promised.delete(id);
    }
  }
}
