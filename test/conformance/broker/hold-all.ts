// The process that `crashHolding` kills: consumes a queue, tells its parent what it holds, settles nothing.
import type { Broker } from '../../../src/core/ports/broker.js';

/** @param broker not open yet. */
export async function holdAll(broker: Broker, queue: string, concurrency: number): Promise<void> {
  process.on('disconnect', () => process.exit());
  await broker.open();
  await broker.consume({
    lanes: [queue],
    concurrency,
    deliver: async ({ id }) => {
      process.send?.(id);
    },
  });
}
