// The threads for isolated tasks: as many as are needed at one time and no more than configured, made when a run waits
// for one, used again, and closed when they have been idle for a while.
import { SkepError } from '../../core/errors/skep-error.js';
import type { IsolatedAttempt, IsolatedRun, Isolation } from '../../core/ports/isolation.js';
import { Thread, type ThreadOptions } from './thread.js';
import { ThreadRun } from './thread-run.js';

export interface ThreadPoolOptions extends ThreadOptions {
  readonly threads: number;
  /** How long a thread may be idle before it is closed; a minute when absent. */
  readonly idleMs?: number;
}

interface Waiter {
  readonly take: (thread: Thread) => void;
  readonly fail: (error: unknown) => void;
}

const defaultIdleMs = 60_000;
const closeTimeoutMs = 5_000;

export class ThreadPool implements Isolation {
  readonly #options: ThreadPoolOptions;
  /** All that are not gone, those that are being opened included. */
  readonly #threads = new Set<Thread>();
  /** The one used last is used next, so that the others can grow old. */
  readonly #idle = new Map<Thread, NodeJS.Timeout>();
  readonly #waiting: Waiter[] = [];
  #opening = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  async start(
    attempt: IsolatedAttempt,
    onProgress: (fraction: number, message: string | undefined) => void,
    signal: AbortSignal,
  ): Promise<IsolatedRun> {
    signal.throwIfAborted();
    if (this.#closing) throw closedError();
    const thread = this.#fromIdle() ?? (await this.#wait(signal));
    if (signal.aborted) {
      // Between the thread that became free and this line other code had its turn.
      this.#offer(thread);
      throw signal.reason;
    }
    const run = new ThreadRun(thread, attempt, onProgress);
    void run.ended.then(({ kind }) => {
      if (kind === 'decided') this.#offer(thread);
    });
    return run;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const { fail } of this.#waiting.splice(0)) fail(closedError());
    const idle = [...this.#idle.keys()];
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    const busy = [...this.#threads].filter((thread) => !idle.includes(thread));
    await Promise.all([
      ...idle.map((thread) => thread.retire()),
      ...busy.map((thread) => thread.terminate(closeTimeoutMs)),
    ]);
  }

  #fromIdle(): Thread | undefined {
    const [last] = [...this.#idle].at(-1) ?? [];
    if (last === undefined) return undefined;
    clearTimeout(this.#idle.get(last));
    this.#idle.delete(last);
    return last;
  }

  #wait(signal: AbortSignal): Promise<Thread> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at !== -1) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        take: (thread) => {
          signal.removeEventListener('abort', aborted);
          resolve(thread);
        },
        fail: (error) => {
          signal.removeEventListener('abort', aborted);
          reject(error);
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiting.push(waiter);
      this.#grow();
    });
  }

  /** As many threads on their way as runs wait, within what is allowed. */
  #grow(): void {
    while (this.#opening < this.#waiting.length && this.#threads.size < this.#options.threads) {
      void this.#add();
    }
  }

  async #add(): Promise<void> {
    const thread = new Thread(this.#options);
    this.#threads.add(thread);
    this.#opening += 1;
    void thread.over.then(() => this.#lost(thread));
    try {
      await thread.open();
      this.#opening -= 1;
      this.#offer(thread);
    } catch (error) {
      this.#opening -= 1;
      // One of those that wait learns of it; the others may have better luck with the next thread.
      this.#waiting.shift()?.fail(error);
      await thread.terminate(closeTimeoutMs);
    }
  }

  /** A thread is free: the run that has waited longest gets it. */
  #offer(thread: Thread): void {
    if (this.#closing || thread.isGone) return;
    const waiter = this.#waiting.shift();
    if (waiter) waiter.take(thread);
    else this.#rest(thread);
  }

  #rest(thread: Thread): void {
    const timer = setTimeout(() => {
      this.#idle.delete(thread);
      void thread.retire();
    }, this.#options.idleMs ?? defaultIdleMs);
    timer.unref();
    this.#idle.set(thread, timer);
  }

  /** A thread is of no more use: another may take its place. */
  #lost(thread: Thread): void {
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
    this.#threads.delete(thread);
    if (!this.#closing) this.#grow();
  }
}

const closedError = (): SkepError => new SkepError('SKEP_ABORTED', 'the threads are closed');
