// Watches the event loop of the main thread: when it does not turn for long, the log says which task held it up, and
// where in its code.
import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../../log/logger.js';
import type { RunningExecution } from '../../ports/control.js';
import { threadEntry } from '../../thread-entry.js';
import { blockFields } from './block-fields.js';
import type { Beat, FromThread, WatchSettings } from './messages.js';
import { installProbe } from './probe.js';

export interface LoopWatchParts {
  readonly logger: Logger;
  /** The runs whose code is going on in this thread. */
  readonly running: () => readonly RunningExecution[];
  /** Told from so long a block on, milliseconds; 1,000 when absent. */
  readonly thresholdMs?: number;
  /** A block that goes on so long is written to stderr while it does, milliseconds; 10,000 when absent. */
  readonly urgentMs?: number;
}

const beatsPerThreshold = 10;
/** Of the runs that are going on, as many as a line can name. */
const mostRunning = 20;

/** Start and stop are safe to call twice and in any order. It does not keep the process alive. */
export class LoopWatch {
  readonly #parts: LoopWatchParts;
  readonly #settings: WatchSettings;
  #thread: Worker | undefined;
  #heart: NodeJS.Timeout | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(parts: LoopWatchParts) {
    this.#parts = parts;
    const { thresholdMs = 1_000, urgentMs = 10_000 } = parts;
    this.#settings = { thresholdMs, urgentMs, beatMs: Math.ceil(thresholdMs / beatsPerThreshold) };
  }

  /** Resolves when the loop is watched, or when it is known that it cannot be, which is logged. */
  start(): Promise<void> {
    if (this.#thread) return this.#watching;
    installProbe();
    const thread = watchThread(this.#settings);
    this.#thread = thread;
    this.#watching = new Promise((resolve) => {
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'watching') {
          thread.unref();
          resolve();
        } else this.#parts.logger.warn('the event loop was blocked', blockFields(message));
      });
      thread.once('error', (error) => {
        this.#parts.logger.warn('the event loop is not watched any more', { error });
      });
      thread.once('exit', () => {
        if (this.#thread === thread) clearInterval(this.#heart);
        resolve();
      });
    });
    const beat = (): void => thread.postMessage(this.#beat());
    beat();
    this.#heart = setInterval(beat, this.#settings.beatMs);
    this.#heart.unref();
    return this.#watching;
  }

  async stop(): Promise<void> {
    clearInterval(this.#heart);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #beat(): Beat {
    return {
      running: this.#parts.running().slice(-mostRunning),
      // To resume would take a person who debugs off the breakpoint.
      mayPause: inspector.url() === undefined,
    };
  }
}

function watchThread(workerData: WatchSettings): Worker {
  const name = 'skep loop watch';
  // No flags of the main thread: not its debugger, not its loaders.
  return new Worker(threadEntry('watch-thread', import.meta.url), {
    name,
    workerData,
    execArgv: [],
  });
}
