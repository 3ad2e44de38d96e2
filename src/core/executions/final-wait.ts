// Waiting for the end of an execution: the queue tells it at once, the record of a tracked one is the truth about it.
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors/skep-error.js';
import { type ExecutionView, isFinal } from '../execution.js';
import type { Broker } from '../ports/broker.js';
import type { ExecutionStore } from '../ports/execution-history.js';

/** How often the record is read while the queue says nothing: it may not know of it yet, or have lost it. */
const lookMs = 500;
/** For how long a record may be out of reach that was there before: its database may be starting again. */
const patienceMs = 60_000;

export type WaitForFinal = (id: string, signal?: AbortSignal) => Promise<ExecutionView>;

/** Makes the function that waits; it throws `SKEP_EXECUTION_UNKNOWN`, or the signal's reason when that aborts. */
export function finalWait(
  broker: Pick<Broker, 'waitForFinal'>,
  store: Pick<ExecutionStore, 'history'> | undefined,
): WaitForFinal {
  return async (id, signal) => {
    let isTold = false;
    let seenAt: number | undefined;
    for (;;) {
      try {
        const recorded = await store?.history.find(id);
        if (recorded === undefined) return await broker.waitForFinal(id, signal);
        if (isFinal(recorded.state)) return recorded;
        seenAt = performance.now();
      } catch (error) {
        signal?.throwIfAborted();
        if (seenAt === undefined || performance.now() - seenAt > patienceMs) throw error;
      }
      // Told once, it would be told again at once: what is missing is the record, which comes after it when that failed.
      if (isTold) await pause(signal);
      else isTold = await toldOrLater(broker, id, signal);
    }
  };
}

/** Until the queue says that it has ended, but not for long. @returns whether it did. */
async function toldOrLater(
  broker: Pick<Broker, 'waitForFinal'>,
  id: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const enough = new AbortController();
  const both = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
  const later = pause(both).then(() => false);
  const told = broker.waitForFinal(id, both).then(
    () => true,
    (error: unknown) => {
      if (!hasCode(error, 'SKEP_EXECUTION_UNKNOWN')) throw error;
      return later;
    },
  );
  try {
    return await Promise.race([told, later]);
  } finally {
    enough.abort();
    await Promise.allSettled([told, later]);
  }
}

/** @throws the signal's reason. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(lookMs, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
