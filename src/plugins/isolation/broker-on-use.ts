// A broker that is opened by the first who dispatches: most threads never do, and need no connection for it.
import type { Broker } from '../../core/ports/broker.js';

/** What of a broker a dispatcher needs. */
export type DispatchingBroker = Pick<Broker, 'enqueue' | 'waitForFinal'>;

export function openedOnUse(broker: Broker): DispatchingBroker {
  let opening: Promise<void> | undefined;
  const opened = async (): Promise<Broker> => {
    opening ??= broker.open();
    try {
      await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
    return broker;
  };
  return {
    enqueue: async (entries) => (await opened()).enqueue(entries),
    waitForFinal: async (id, signal) => (await opened()).waitForFinal(id, signal),
  };
}
