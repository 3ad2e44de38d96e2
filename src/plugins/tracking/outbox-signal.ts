// The word from the store to the relay of the same process: something was dispatched in a transaction. Stores in threads
// for isolated tasks reach it, too.
import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import type { ExecutionStore } from '../../core/ports/execution-history.js';

type Listener = (executionIds: readonly string[]) => void;

/** Of this process: between its threads alone. */
const channelName = 'skep outbox';

/** Owned by the store, as its property `outbox`. */
export class OutboxSignal {
  readonly #listeners = new Set<Listener>();
  #channel: BroadcastChannel | undefined;

  /** Rows stand in the outbox, in a transaction that is still to commit. */
  dispatched(executionIds: readonly string[]): void {
    for (const listener of this.#listeners) listener(executionIds);
    if (!isMainThread) this.#open().postMessage(executionIds);
  }

  /** Has `listener` told, until the function that is returned is called. A listener must not throw. */
  onDispatched(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#open().onmessage = ({ data }) => {
      // Nobody else knows the channel.
      for (const each of this.#listeners) each(data as readonly string[]);
    };
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#channel?.close();
      this.#channel = undefined;
    };
  }

  /** It ends with its thread, and keeps no process alive. */
  #open(): BroadcastChannel {
    this.#channel ??= new BroadcastChannel(channelName).unref();
    return this.#channel;
  }
}

/** The signal of a store that has one. */
export function outboxSignalOf(store: ExecutionStore | undefined): OutboxSignal | undefined {
  if (store === undefined || !('outbox' in store)) return undefined;
  return store.outbox instanceof OutboxSignal ? store.outbox : undefined;
}
