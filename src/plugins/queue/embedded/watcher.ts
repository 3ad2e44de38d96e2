// The watcher: sees what other processes commit. SQLite's data_version costs microseconds to read, so it is polled,
// and only while someone is interested.
import { isBusy } from './sqlite-errors.js';

export interface WatcherParts {
  dataVersion(): number;
  /** Every time the watcher looks. */
  onTick(): void;
  /** Another process has committed. */
  onChange(): void;
  /** Looking failed, and not because another process was writing. It goes on nevertheless. */
  onFailure(error: unknown): void;
}

const intervalMs = 50;

export class Watcher {
  readonly #parts: WatcherParts;
  #interested = 0;
  #timer: NodeJS.Timeout | undefined;
  #seen: number | undefined;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /**
   * Watches until the function that is returned is called. Keeps the process alive meanwhile.
   * Look at the database after this call: earlier commits are not reported.
   */
  watch(): () => void {
    let isWatching = true;
    this.#interested += 1;
    this.#timer ??= setInterval(() => this.#look(), intervalMs);
    return () => {
      if (!isWatching) return;
      isWatching = false;
      this.#interested -= 1;
      if (this.#interested === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    try {
      this.#parts.onTick();
      const version = this.#parts.dataVersion();
      if (version === this.#seen) return;
      this.#parts.onChange();
      // Only now: a look that failed half way is repeated.
      this.#seen = version;
    } catch (error) {
      if (!isBusy(error)) this.#parts.onFailure(error);
    }
  }
}
