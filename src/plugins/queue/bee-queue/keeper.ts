// Starts the thread that keeps the claims of this process alive (keeper-thread.ts): one for all brokers of a process.
import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../../core/thread-entry.js';

export type KeeperOrder =
  | {
      readonly kind: 'keep';
      readonly instance: string;
      readonly url: string;
      readonly lanes: readonly { readonly base: string; readonly suffixes: readonly string[] }[];
      readonly everyMs: number;
      /** Where the thread notes when it last reached Redis. */
      readonly sign: SharedArrayBuffer;
    }
  | { readonly kind: 'leave'; readonly instance: string };

/** What the thread is to do; told again should it have ended. */
const orders = new Map<string, KeeperOrder>();
let thread: Worker | undefined;

/** Gives the thread an order; it is started with the first one. */
export function orderKeeper(order: KeeperOrder): void {
  if (order.kind === 'keep') orders.set(order.instance, order);
  else orders.delete(order.instance);
  if (thread === undefined && orders.size === 0) return;
  thread ??= startThread();
  thread.postMessage(order);
}

function startThread(): Worker {
  const worker = new Worker(threadEntry('keeper-thread', import.meta.url), {
    name: 'skep keeper',
    execArgv: [],
  });
  worker.unref();
  worker.on('error', () => undefined);
  worker.on('exit', () => {
    thread = undefined;
    for (const order of orders.values()) orderKeeper(order);
  });
  return worker;
}
