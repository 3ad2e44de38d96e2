// A fair, bounded number of permits: who asks first gets first; waiting ends with the time or the signal.
import { NotInTime } from '../core/within.js';

/**
 * For how long something is waited for, beside its time. The signal is made when somebody first waits on it:
 * most never do.
 */
export interface Patience {
  /** True once nothing is to be waited for any more; then the signal is aborted, with the reason. */
  readonly over: boolean;
  readonly signal: AbortSignal;
}

/** Waits for as long as the time allows. */
export const endless: Patience = {
  over: false,
  get signal() {
    return new AbortController().signal;
  },
};

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
   * @throws NotInTime after `timeoutMs`; the signal's reason when patience is over.
   */
  async take(timeoutMs: number, patience: Patience): Promise<Release> {
    if (patience.over) throw patience.signal.reason;
    return this.tryTake() ?? (await this.#wait(timeoutMs, patience.signal));
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
