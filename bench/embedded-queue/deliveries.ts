// The broker alone: jobs that are dispatched one by one, each awaited, while they are processed.
import { consume, job, withBroker } from './queue-in-a-folder.js';

/** Dispatches that are awaited at one time. */
const dispatchesInFlight = 100;

/** Runs `dispatch` so many times, some of them at one time. */
export async function dispatchAll(count: number, dispatch: () => Promise<unknown>): Promise<void> {
  let left = count;
  const dispatcher = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await dispatch();
    }
  };
  await Promise.all(Array.from({ length: dispatchesInFlight }, dispatcher));
}

export const perSecond = (jobs: number, startedAt: number): number =>
  (jobs * 1_000) / (performance.now() - startedAt);

/** Deliveries a second. */
export function deliveries(jobs: number, concurrency: number): Promise<number> {
  return withBroker(async (broker) => {
    const startedAt = performance.now();
    await Promise.all([
      consume(broker, jobs, concurrency),
      dispatchAll(jobs, () => broker.enqueue([job()])),
    ]);
    return perSecond(jobs, startedAt);
  });
}
