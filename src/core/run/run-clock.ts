// The limits of one run: aborts its signal at the soft limit, says when the hard one has come.
import type { TaskRecord } from '../tasks/task-record.js';
import { HardTimeLimitExceeded, RuntimeStopping, SoftTimeLimitExceeded } from './interruptions.js';

type Limits = Pick<TaskRecord, 'softLimitMs' | 'hardLimitMs'>;

/** How long a task that saw its signal abort may go on before its server-side queries are killed. */
export const abortGraceMs = 2_000;

/** The abort signal of a run, under its limits and the stopping of the runtime. */
export class RunClock {
  readonly #controller = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onKill: () => Promise<unknown>;
  #interruption: SoftTimeLimitExceeded | HardTimeLimitExceeded | RuntimeStopping | undefined;
  #abandon: () => void = () => undefined;
  /** Resolves when the run must be left behind: at its hard limit, or when it ignored the stop. */
  readonly abandoned: Promise<void>;

  /**
   * @param onKill ends the server-side work of the run; called when the code does not end by itself.
   */
  constructor(limits: Limits, onKill: () => Promise<unknown>) {
    this.#onKill = onKill;
    this.abandoned = new Promise((resolve) => {
      this.#abandon = resolve;
    });
    const { softLimitMs, hardLimitMs } = limits;
    this.limitMs = softLimitMs ?? hardLimitMs;
    if (softLimitMs !== undefined) this.#after(softLimitMs, () => this.#softLimit(softLimitMs));
    if (hardLimitMs !== undefined) this.#after(hardLimitMs, () => this.#hardLimit(hardLimitMs));
  }

  /** When the nearest limit is due, milliseconds since the run began. */
  readonly limitMs: number | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The latest reason to end; it may be a later one than the reason of the signal, which stays as it was first set. */
  get interruption(): SoftTimeLimitExceeded | HardTimeLimitExceeded | RuntimeStopping | undefined {
    return this.#interruption;
  }

  /** The runtime stops and the grace period is over: aborts, then kills queries, then leaves the run behind. */
  stop(): void {
    if (this.#interruption instanceof HardTimeLimitExceeded) return;
    this.#interrupt(new RuntimeStopping());
    this.#after(abortGraceMs / 2, () => void this.#onKill());
    this.#after(abortGraceMs, this.#abandon);
  }

  /** Ends the watch. Safe to call twice. */
  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.length = 0;
  }

  #softLimit(limitMs: number): void {
    // A run that is being stopped is handed back; that it grew late meanwhile is not its fault.
    if (this.#interruption !== undefined) return;
    this.#interrupt(new SoftTimeLimitExceeded(limitMs));
    // Killed queries reject inside the task; that ends one which does not watch its signal.
    this.#after(abortGraceMs, () => void this.#onKill());
  }

  #hardLimit(limitMs: number): void {
    this.#interrupt(new HardTimeLimitExceeded(limitMs));
    this.#abandon();
  }

  #interrupt(reason: SoftTimeLimitExceeded | HardTimeLimitExceeded | RuntimeStopping): void {
    this.#interruption = reason;
    this.#controller.abort(reason);
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms));
  }
}
