// One thread for isolated tasks, seen from the main thread. A piscina pool of exactly one thread carries its jobs: a
// larger one does not say which thread took a job, so that nobody could talk to it or end its queries.
import { isNativeError } from 'node:util/types';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { SkepError } from '../../core/errors/skep-error.js';
import type { Logger } from '../../core/log/logger.js';
import { withRunFields } from '../../core/log/run-fields.js';
import { NativeGate } from '../../core/native-gate.js';
import type { IsolatedAttempt } from '../../core/ports/isolation.js';
import { receiveRecorded } from '../../core/run/recorded-error.js';
import { settleWithin } from '../../core/within.js';
import type {
  FromThread,
  OpenAnswer,
  RunAnswer,
  ThreadJob,
  ThreadSettings,
  ToThread,
} from './messages.js';
import { type KillConnection, ThreadLeases } from './thread-leases.js';

export interface ThreadOptions {
  /** File URL of the module that a thread begins with. */
  readonly file: string;
  /** Options of Node.js, such as what it needs to read TypeScript. */
  readonly execArgv: readonly string[];
  readonly settings: ThreadSettings;
  /** Heap of the thread in MiB. */
  readonly heapMb: number | undefined;
  readonly killConnection: KillConnection;
  readonly logger: Logger;
  /**
   * How long the thread may take to close what it opened, and then to end, each, in milliseconds. What bounds its steps
   * inside the thread, a seventh of it each, does not help where a plugin computes.
   * @default 21_000
   */
  readonly closeTimeoutMs?: number;
}

type OnProgress = (fraction: number, message: string | undefined) => void;

const defaultCloseTimeoutMs = 21_000;
/**
 * The steps inside have to be over before the thread is given up, or the one that hangs would not be named and the others be left
 * open: at most two for all plugins, and one each for the store, the services' connections, the sources and the queue.
 */
const stepsOfClosing = 7;

export class Thread {
  readonly leases: ThreadLeases;
  /** Resolves when the thread is of no more use: it has ended, however, or could not be ended. */
  readonly over: Promise<void>;
  readonly #pool: Piscina;
  readonly #port: MessagePort;
  readonly #gate = new NativeGate();
  readonly #logger: Logger;
  readonly #closeTimeoutMs: number;
  readonly #opened: Promise<OpenAnswer>;
  #runs = 0;
  #onProgress: OnProgress = () => undefined;
  #isGone = false;
  #end: () => void = () => undefined;
  #cause: unknown;

  constructor(options: ThreadOptions) {
    const { file, execArgv, settings, heapMb, killConnection, logger } = options;
    this.#logger = logger;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? defaultCloseTimeoutMs;
    const closeStepMs = Math.ceil(this.#closeTimeoutMs / stepsOfClosing);
    this.leases = new ThreadLeases(killConnection, logger);
    this.#pool = new Piscina({
      filename: file,
      execArgv: [...execArgv],
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // With them the thread sleeps between jobs, timers and sockets of its services included.
      atomics: 'disabled',
      recordTiming: false,
      ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    // Told of a thread that dies without a job, as are the listeners below; without one here it would be thrown.
    this.#pool.on('error', () => undefined);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: FromThread) => this.#receive(message));
    port1.unref();
    this.#opened = this.#ask<OpenAnswer>(
      {
        kind: 'open',
        settings: { ...settings, closeStepMs },
        port: port2,
        gate: this.#gate.shared,
      },
      [port2],
    );
    const [worker] = this.#pool.threads;
    if (worker === undefined) throw new SkepError('SKEP_INTERNAL', 'piscina started no thread');
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    worker.on('error', (error) => {
      this.#cause ??= error;
    });
    worker.once('exit', () => {
      this.#isGone = true;
      this.#end();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves when the thread can perform runs. @throws SkepError when it never will. */
  async open(): Promise<void> {
    // Piscina leaves a job waiting whose thread died before it could be given to it.
    const died = this.over.then(() => Promise.reject(threadDied(this.#cause)));
    const { error } = await Promise.race([this.#opened.catch(() => died), died]);
    if (error === undefined) return;
    throw new SkepError('SKEP_THREAD_DIED', `the thread could not be started: ${error}`);
  }

  /** Performs an attempt. @returns the number of the run, and its answer; rejects when the thread dies. */
  run(
    attempt: IsolatedAttempt,
    onProgress: OnProgress,
  ): { run: number; answer: Promise<RunAnswer> } {
    this.#runs += 1;
    this.#onProgress = onProgress;
    return { run: this.#runs, answer: this.#answer({ kind: 'run', run: this.#runs, attempt }) };
  }

  async #answer(job: ThreadJob): Promise<RunAnswer> {
    const answer = await this.#ask<RunAnswer>(job);
    this.drain();
    this.leases.forget();
    return answer;
  }

  tell(message: ToThread): void {
    this.#port.postMessage(message);
  }

  /** Reads what the thread has said up to now: its answers come through another port, and may overtake it. */
  drain(): void {
    for (
      let next = receiveMessageOnPort(this.#port);
      next;
      next = receiveMessageOnPort(this.#port)
    ) {
      this.#receive(next.message as FromThread);
    }
  }

  /** Has the thread close what it opened, and ends it. Never rejects. */
  async retire(): Promise<void> {
    const error = await settleWithin(() => this.#ask({ kind: 'close' }), this.#closeTimeoutMs);
    if (error !== undefined) this.#logger.warn('a thread did not close in order', { error });
    await this.terminate(this.#closeTimeoutMs);
  }

  /** Ends the thread, whatever it is doing. Resolves with whether it is gone; never rejects. */
  async terminate(timeoutMs: number): Promise<boolean> {
    const destroyed = this.#gate.shut(() => this.#isGone).then(() => this.#pool.destroy());
    await settleWithin(
      () => (this.#isGone ? undefined : Promise.all([destroyed, this.over])),
      timeoutMs,
    );
    this.drain();
    if (this.#isGone) this.#port.close();
    this.#end();
    return this.#isGone;
  }

  /** The protocol says which answer a job has; piscina does not know it. */
  #ask<Answer>(job: ThreadJob, transferList: MessagePort[] = []): Promise<Answer> {
    return this.#pool.run(job, { transferList }) as Promise<Answer>;
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'progress':
        if (message.run === this.#runs) this.#onProgress(message.fraction, message.message);
        break;
      case 'log':
        this.#log(message);
        break;
      case 'lease-opened':
        this.leases.opened(message.run, message.source, message.connectionId);
        break;
      case 'lease-ended':
        this.leases.ended(message.source, message.connectionId, message.end);
    }
  }

  #log({ level, message, fields, run }: Extract<FromThread, { kind: 'log' }>): void {
    const { error, ...rest } = fields;
    // The thread has recorded it already.
    const known = error === undefined ? rest : { ...rest, error: receiveRecorded(error as never) };
    const write = (): void => this.#logger[level](message, known);
    if (run) withRunFields(run, write);
    else write();
  }
}

/** What a run comes to whose thread ended by itself. */
export function threadDied(cause: unknown): SkepError {
  // By its looks: what comes from another thread may be of another realm.
  const why = isNativeError(cause) ? cause.message : 'it exited';
  return new SkepError('SKEP_THREAD_DIED', `the thread of the run ended by itself: ${why}`, {
    cause,
  });
}
