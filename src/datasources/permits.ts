// A fair, bounded number of permits: who asks first gets first; waiting ends with the time or the signal.
import { NotInTime } from '../core/within.js';

/** Gives the permit back. Safe to call twice. */
export type Release = () => void;

interface Waiter {
  readonly grant: () => void;
}

export class Permits {
  #free: number;
  readonly #waiting: Waiter[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a permit when one is free now. */
  tryTake(): Release | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    return this.#releaseOnce();
  }

  /**
   * Takes a permit, waiting for one if need be.
   * @throws NotInTime after `timeoutMs`; the signal's reason when it aborts.
   */
  async take(timeoutMs: number, signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    return this.tryTake() ?? (await this.#wait(timeoutMs, signal));
  }

  #wait(timeoutMs: number, signal: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
      };
      const give = (error: unknown): void => {
        leave();
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(error);
      };
      const waiter: Waiter = {
        grant: () => {
          leave();
          resolve(this.#releaseOnce());
        },
      };
      const aborted = (): void => give(signal.reason);
      const timer = setTimeout(() => give(new NotInTime(timeoutMs)), timeoutMs);
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #releaseOnce(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      // Handed on directly, so that nobody who comes now overtakes.
      if (next) next.grant();
      else this.#free += 1;
    };
  }
}
