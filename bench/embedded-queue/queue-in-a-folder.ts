// An embedded queue in a folder of its own, and the jobs that go through it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../src/core/log/winston-logger.js';
import type { Delivery, Enqueue } from '../../src/core/ports/broker.js';
import { systemSeams } from '../../src/core/seams.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';

export const queue = 'default';

/** As it is shipped, quieter. */
export const logger = createLogger({
  level: 'warn',
  format: 'json',
  stream: process.stderr,
  colour: false,
});

export async function withBroker<T>(work: (broker: EmbeddedBroker) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'skep-bench-'));
  const broker = new EmbeddedBroker({ dataDir, logger, seams: systemSeams, worker: 'bench' });
  try {
    await broker.open();
    return await work(broker);
  } finally {
    await broker.close();
    await rm(dataDir, { recursive: true });
  }
}

export function job(): Enqueue {
  const now = systemSeams.now();
  return {
    envelope: {
      v: 1,
      id: systemSeams.newId(),
      task: 'noop',
      queue,
      payload: { n: 1 },
      attempt: 1,
      dispatchedAt: now,
      triggeredBy: 'bench',
    },
    availableAt: now,
  };
}

function settleNoop(delivery: Delivery): Promise<void> {
  const now = systemSeams.now();
  return delivery.settle({
    kind: 'final',
    state: 'success',
    report: {
      attempt: 1,
      worker: 'bench',
      startedAt: now,
      finishedAt: now,
      ledger: { opened: 0, closed: 0, killed: 0, leaked: 0 },
    },
  });
}

/** Consumes until `count` deliveries are settled; what is out by then is settled as well. */
export async function consume(
  broker: EmbeddedBroker,
  count: number,
  concurrency: number,
  beside: () => Promise<unknown> = async () => {},
): Promise<void> {
  const active = new Set<Promise<void>>();
  let left = count;
  let done: () => void = () => {};
  const allSettled = new Promise<void>((resolve) => {
    done = resolve;
  });
  const perform = async (delivery: Delivery): Promise<void> => {
    await Promise.all([settleNoop(delivery), beside()]);
    left -= 1;
    if (left === 0) done();
  };
  const consumer = await broker.consume({
    lanes: [queue],
    concurrency,
    deliver: async (delivery) => {
      const work = perform(delivery);
      active.add(work);
      await work;
      active.delete(work);
    },
  });
  await allSettled;
  await consumer.stop();
  await Promise.all(active);
}
