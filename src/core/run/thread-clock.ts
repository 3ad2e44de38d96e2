// The clock of a run in a thread of its own. It measures nothing: the clock of the main thread does (run-clock.ts),
// says here what it has come to, and ends the whole thread where force is needed.
import type { TaskRecord } from '../tasks/task-record.js';
import type { Clock } from './clock.js';
import type { Interrupt } from './interruptions.js';

export class ThreadClock implements Clock {
  readonly limitMs: number | undefined;
  readonly #controller = new AbortController();
  readonly #onKill: () => Promise<unknown>;
  #interruption: Interrupt | undefined;

  /** @param onKill ends the server-side work of the run. */
  constructor(
    { softLimitMs, hardLimitMs }: Pick<TaskRecord, 'softLimitMs' | 'hardLimitMs'>,
    onKill: () => Promise<unknown>,
  ) {
    this.limitMs = softLimitMs ?? hardLimitMs;
    this.#onKill = onKill;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get interruption(): Interrupt | undefined {
    return this.#interruption;
  }

  /** The main thread says that the run is to end. */
  interrupt(why: Interrupt): void {
    this.#interruption = why;
    this.#controller.abort(why);
  }

  /** The main thread says that the run did not end by itself. */
  kill(): void {
    void this.#onKill();
  }

  onAbandoned(): void {
    // Never: who leaves code behind in a thread would have another run beside it.
  }

  begin(): void {
    // Limits count on the main thread.
  }

  dispose(): void {
    // Nothing is watched here.
  }
}
