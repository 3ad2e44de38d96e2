// When a process has run long enough: so many runs, or so much memory, as `worker` in plugins.json says.
import type { RunObserver } from '../../core/ports/observer.js';

export interface WearLimits {
  readonly maxRuns: number | undefined;
  readonly maxMemoryBytes: number | undefined;
}

const lookEveryMs = 1_000;

/** Watches one process until it is worn out. */
export class Wear implements RunObserver {
  readonly #limits: WearLimits;
  readonly #wornOut: (why: string) => void;
  readonly #memoryBytes: () => number;
  #runs = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasBegun = false;
  #isOver = false;

  /**
   * @param wornOut is called once, with the reason.
   * @param memoryBytes resident memory of the process.
   */
  constructor(
    limits: WearLimits,
    wornOut: (why: string) => void,
    memoryBytes: () => number = () => process.memoryUsage.rss(),
  ) {
    this.#limits = limits;
    this.#wornOut = wornOut;
    this.#memoryBytes = memoryBytes;
  }

  /** Begins to judge; what ended before counts too. */
  start(): void {
    if (this.#hasBegun || this.#isOver) return;
    this.#hasBegun = true;
    this.#count();
    if (this.#limits.maxMemoryBytes === undefined || this.#isOver) return;
    this.#timer = setInterval(() => this.#weigh(), lookEveryMs);
    this.#timer.unref();
  }

  /** Safe to call twice, and before the start. */
  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  ended(): void {
    this.#runs += 1;
    if (this.#hasBegun) this.#count();
  }

  #count(): void {
    const { maxRuns } = this.#limits;
    if (maxRuns !== undefined && this.#runs >= maxRuns) this.#end(`${this.#runs} runs`);
  }

  #weigh(): void {
    const { maxMemoryBytes = Number.POSITIVE_INFINITY } = this.#limits;
    const bytes = this.#memoryBytes();
    if (bytes > maxMemoryBytes) this.#end(`${Math.round(bytes / 1024 ** 2)} MiB of memory`);
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#wornOut(why);
  }
}
