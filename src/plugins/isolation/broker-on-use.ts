// A broker that is opened by the first who dispatches: most threads never do, and need no connection for it.
import type { QueueClock } from '../../core/dispatch/stamp.js';
import type { Broker } from '../../core/ports/broker.js';
import { settleWithin } from '../../core/within.js';

/** What of a broker a dispatcher needs. */
export type DispatchingBroker = Pick<Broker, 'enqueue' | 'waitForFinal'> & QueueClock;

/** A dispatch inside a transaction needs the time and not the queue: it does not wait longer for one that is away. */
const clockWithinMs = 1_000;

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
    now: async () => {
      await settleWithin(opened, clockWithinMs);
      return broker.now();
    },
    enqueue: async (entries) => (await opened()).enqueue(entries),
    waitForFinal: async (id, signal) => (await opened()).waitForFinal(id, signal),
  };
}
