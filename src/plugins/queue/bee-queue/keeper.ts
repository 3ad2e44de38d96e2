// Starts the thread that keeps the claims of this process alive (keeper-thread.ts): one for all brokers of a process.

import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../../core/thread-entry.js';
import type { RedisAddress } from './redis-address.js';

export type KeeperOrder =
  | {
      readonly kind: 'keep';
      readonly instance: string;
      readonly address: RedisAddress;
      readonly lanes: readonly { readonly base: string; readonly suffixes: readonly string[] }[];
      readonly everyMs: number;
      /** Where the thread notes when it last reached Redis. */
      readonly sign: SharedArrayBuffer;
    }
  | { readonly kind: 'leave'; readonly instance: string };

/** What the thread is to do; told again should it have ended. */
const orders = new Map<string, KeeperOrder>();
/** A thread that cannot live is no reason to be busy. */
const startAgainMs = 1_000;
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
  worker.on('error', (error) => {
    // It has no logger; and without it workers live on, only that a blocked one is taken for dead.
    process.emitWarning(`the keeper thread of Skep ended: ${error.message}`);
  });
  worker.on('exit', () => {
    thread = undefined;
    setTimeout(() => {
      for (const order of [...orders.values()]) orderKeeper(order);
    }, startAgainMs).unref();
  });
  return worker;
}
