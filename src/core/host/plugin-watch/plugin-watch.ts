// A plugin that computes for ever while it loads, registers, starts or closes blocks the main thread: no deadline comes, no
// signal is heard. A thread watches for that. It names the plugin on stderr, has signals end the process at once, and ends
// the process itself when the deadline of the code is over.
import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../thread-entry.js';
import {
  type PluginActivity,
  type PluginWatchSettings,
  releaseKey,
  type ToWatchThread,
} from './messages.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const defaults: PluginWatchSettings = { beatMs: 100, tellAfterMs: 1_000, killAfterMs: 5_000 };

export class PluginWatch {
  readonly #settings: PluginWatchSettings;
  #thread: Worker | undefined;
  #heart: NodeJS.Timeout | undefined;
  #activities = 0;
  #watched = 0;

  constructor(settings: Partial<PluginWatchSettings> = {}) {
    this.#settings = { ...defaults, ...settings };
  }

  /** Resolves when the thread watches, or cannot. It does not keep the process alive. */
  async start(): Promise<void> {
    const thread = new Worker(threadEntry('watch-thread', import.meta.url), {
      name: 'skep plugin watch',
      workerData: this.#settings,
      // No flags of the main thread: not its debugger, not its loaders.
      execArgv: [],
    });
    this.#thread = thread;
    await new Promise<void>((resolve) => {
      thread.once('message', () => resolve());
      // Without the watch everything else works.
      thread.once('error', () => resolve());
      thread.once('exit', () => resolve());
    });
    thread.unref();
  }

  /** Performs code of a plugin under the watch; without a started one just so. */
  async during<T>(activity: PluginActivity, work: () => T | Promise<T>): Promise<T> {
    const end = this.begin(activity);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Begins the watch over an activity. @returns what ends it. */
  begin(activity: PluginActivity): () => void {
    if (this.#thread === undefined) return () => undefined;
    this.#activities += 1;
    const id = this.#activities;
    this.#watched += 1;
    if (this.#watched === 1) this.#startHeart();
    this.#tell({ kind: 'begin', id, mayPause: inspector.url() === undefined, ...activity });
    return () => {
      this.#tell({ kind: 'end', id });
      this.#watched -= 1;
      if (this.#watched === 0) this.#stopHeart();
    };
  }

  async stop(): Promise<void> {
    this.#stopHeart();
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #startHeart(): void {
    let takeBack: () => void = () => undefined;
    const release = (): void => {
      takeBack();
      takeBack = releaseSignals();
    };
    Object.defineProperty(globalThis, Symbol.for(releaseKey), {
      value: release,
      configurable: true,
    });
    this.#tell({ kind: 'beat' });
    this.#heart = setInterval(() => {
      // The loop turns: signals are heard again.
      takeBack();
      takeBack = () => undefined;
      this.#tell({ kind: 'beat' });
    }, this.#settings.beatMs);
    this.#heart.unref();
  }

  #stopHeart(): void {
    clearInterval(this.#heart);
  }

  #tell(message: ToWatchThread): void {
    this.#thread?.postMessage(message);
  }
}

/** Does some work with a watch that lasts as long as the work. */
export async function withPluginWatch<T>(work: (watch: PluginWatch) => Promise<T>): Promise<T> {
  const watch = new PluginWatch();
  await watch.start();
  try {
    return await work(watch);
  } finally {
    await watch.stop();
  }
}

/** Leaves signals to the system, which ends the process. @returns what gives them back to their listeners. */
function releaseSignals(): () => void {
  const taken = signals.map((signal) => [signal, process.listeners(signal)] as const);
  for (const [signal] of taken) process.removeAllListeners(signal);
  return () => {
    for (const [signal, listeners] of taken) {
      for (const listener of listeners) process.on(signal, listener);
    }
  };
}
