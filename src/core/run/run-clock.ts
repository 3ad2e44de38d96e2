// The limits of one run: aborts its signal at the soft limit, says when the hard one has come.
import type { TaskRecord } from '../tasks/task-record.js';
import type { Clock } from './clock.js';
import {
  DeliveryLost,
  ExecutionCancelled,
  HardTimeLimitExceeded,
  type Interrupt,
  RuntimeStopping,
  SoftTimeLimitExceeded,
} from './interruptions.js';

type Limits = Pick<TaskRecord, 'softLimitMs' | 'hardLimitMs'>;

/** How long a task that saw its signal abort may go on before its server-side queries are killed. */
export const abortGraceMs = 2_000;
/** The same for a run that another worker may begin anew. */
const lostGraceMs = 1_000;
/** How long a cancelled run may go on before it is ended by force. */
const cancelGraceMs = 10_000;

/** The abort signal of a run, under its limits, the stopping of the runtime, and what befalls its delivery. */
export class RunClock implements Clock {
  /** Made when somebody first asks for the signal: most tasks never do. */
  #controller: AbortController | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #limits: Limits;
  readonly #onKill: () => Promise<unknown>;
  #interruption: Interrupt | undefined;
  #aborted: Interrupt | undefined;
  #listener: (interruption: Interrupt) => void = () => undefined;
  #isAbandoned = false;
  #onAbandoned: () => void = () => undefined;

  /**
   * @param onKill ends the server-side work of the run; called when the code does not end by itself.
   */
  constructor(limits: Limits, onKill: () => Promise<unknown>) {
    this.#onKill = onKill;
    this.#limits = limits;
  }

  get limitMs(): number | undefined {
    return this.#limits.softLimitMs ?? this.#limits.hardLimitMs;
  }

  begin(): void {
    const { softLimitMs, hardLimitMs } = this.#limits;
    if (softLimitMs !== undefined) this.#after(softLimitMs, () => this.#softLimit(softLimitMs));
    if (hardLimitMs !== undefined) this.#after(hardLimitMs, () => this.#hardLimit(hardLimitMs));
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get interruption(): Interrupt | undefined {
    return this.#interruption;
  }

  /** Has `listener` told of the interruption there is, and of each later one: the signal aborts only once. */
  onInterruption(listener: (interruption: Interrupt) => void): void {
    this.#listener = listener;
    if (this.#interruption) listener(this.#interruption);
  }

  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener;
    if (this.#isAbandoned) listener();
  }

  /** The runtime stops and the grace period is over: aborts, then kills queries, then leaves the run behind. */
  stop(): void {
    if (this.#interruption instanceof HardTimeLimitExceeded) return;
    if (!this.#isEnding()) this.#interrupt(new RuntimeStopping());
    this.#endWithin(abortGraceMs);
  }

  /** Someone cancelled the execution: it has a while to end by itself. */
  cancel(): void {
    if (this.#isEnding() || this.#interruption instanceof HardTimeLimitExceeded) return;
    this.#interrupt(new ExecutionCancelled());
    this.#endWithin(cancelGraceMs);
  }

  /** Another worker has the execution: whatever this run does counts no more, and the sooner it ends the better. */
  lose(): void {
    this.#interrupt(new DeliveryLost());
    this.#endWithin(lostGraceMs);
  }

  #softLimit(limitMs: number): void {
    // A run that is being stopped is handed back; that it grew late meanwhile is not its fault.
    if (this.#interruption !== undefined) return;
    this.#interrupt(new SoftTimeLimitExceeded(limitMs));
    // Killed queries reject inside the task; that ends one which does not watch its signal.
    this.#after(abortGraceMs, () => void this.#onKill());
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.length = 0;
  }

  #hardLimit(limitMs: number): void {
    // What was cancelled is not timed out, let alone retried, because it took its time to end.
    if (!this.#isEnding()) this.#interrupt(new HardTimeLimitExceeded(limitMs));
    this.#abandon();
  }

  /** Why it is to end is settled: cancelled stays cancelled when the runtime stops too. */
  #isEnding(): boolean {
    return (
      this.#interruption instanceof ExecutionCancelled || this.#interruption instanceof DeliveryLost
    );
  }

  #interrupt(reason: Interrupt): void {
    this.#interruption = reason;
    // A signal aborts once, with the first reason.
    this.#aborted ??= reason;
    this.#controller?.abort(reason);
    this.#listener(reason);
  }

  #endWithin(graceMs: number): void {
    this.#after(graceMs / 2, () => void this.#onKill());
    this.#after(graceMs, () => this.#abandon());
  }

  #abandon(): void {
    this.#isAbandoned = true;
    this.#onAbandoned();
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms));
  }
}
