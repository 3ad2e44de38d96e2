// One run in a thread, seen from the main thread.
import type {
  IsolatedAttempt,
  IsolatedEnd,
  IsolatedInterruption,
  IsolatedRun,
  Terminated,
} from '../../core/ports/isolation.js';
import { receiveOutcome } from '../../core/run/portable-outcome.js';
import type { RunAnswer } from './messages.js';
import { type Thread, threadDied } from './thread.js';

/** Before the thread is ended: enough for every server that answers at all. */
const firstKillMs = 500;
/** After it: servers that were slow, and connections that came to light in between. */
const lastKillMs = 5_000;
/** Ending a thread takes milliseconds, unless native code holds it. */
const terminateTimeoutMs = 5_000;

export class ThreadRun implements IsolatedRun {
  readonly ended: Promise<IsolatedEnd>;
  readonly #thread: Thread;
  readonly #run: number;
  #over = false;
  #terminating: Promise<Terminated> | undefined;

  constructor(
    thread: Thread,
    attempt: IsolatedAttempt,
    onProgress: (fraction: number, message: string | undefined) => void,
  ) {
    this.#thread = thread;
    const { run, answer } = thread.run(attempt, (fraction, message) => {
      if (!this.#over) onProgress(fraction, message);
    });
    this.#run = run;
    this.ended = this.#end(answer);
  }

  interrupt(why: IsolatedInterruption): void {
    if (!this.#over) this.#thread.tell({ kind: 'interrupt', run: this.#run, why });
  }

  async kill(): Promise<void> {
    if (!this.#over) this.#thread.tell({ kind: 'kill', run: this.#run });
  }

  terminate(): Promise<Terminated> {
    this.#terminating ??= this.#terminate();
    return this.#terminating;
  }

  async #terminate(): Promise<Terminated> {
    this.#over = true;
    const { leases } = this.#thread;
    await leases.kill(firstKillMs);
    const gone = await this.#thread.terminate(terminateTimeoutMs);
    await leases.kill(lastKillMs);
    return { gone, ledger: leases.account(this.#run) };
  }

  async #end(answer: Promise<RunAnswer>): Promise<IsolatedEnd> {
    try {
      const { decided, ledger } = await answer;
      if (this.#terminating) return await new Promise(() => undefined);
      this.#over = true;
      return { kind: 'decided', decided: receiveOutcome(decided), ledger };
    } catch (error) {
      // Whoever ends it by force waits for that, not for this.
      if (this.#terminating) return await new Promise(() => undefined);
      const { ledger } = await this.terminate();
      return { kind: 'died', error: threadDied(error), ledger };
    }
  }
}
