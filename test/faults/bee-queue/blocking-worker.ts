// A worker for liveness.test.ts: URL PREFIX STALL_INTERVAL FOLDER. Payload `block`: blocks the event loop, from when it
// has made the file `blocked` in the folder until somebody makes `released`; `hold`: keeps the delivery until its parent
// says `settle`; `busy`: likewise, and computes all the time, with a breath now and then.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parseEnvelope } from '../../../src/core/envelope.js';
import { hasCode, SkepError } from '../../../src/core/errors/skep-error.js';
import type { Delivery } from '../../../src/core/ports/broker.js';
import { systemSeams } from '../../../src/core/seams.js';
import { BeeQueueBroker } from '../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../src/plugins/queue/bee-queue/options.js';
import { final } from '../../support/executions.js';
import { until } from '../../support/until.js';

process.on('disconnect', () => process.exit());
const [url = '', prefix = '', stallInterval = '', folder = ''] = process.argv.slice(2);
const tell = (message: string): void => {
  process.send?.(message);
};
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const options = redisOptionsSchema.parse({ prefix, stallInterval });
const broker = new BeeQueueBroker({ url, ...options, logger, seams: systemSeams, worker: 'slow' });

function block(): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  writeFileSync(join(folder, 'blocked'), '');
  while (!existsSync(join(folder, 'released'))) Atomics.wait(never, 0, 0, 5);
}

/** For longer than any timer of the upkeep may be late here. */
function compute(): void {
  for (const end = performance.now() + 600; performance.now() < end; );
}

/** The keeper thread is started with the first consumer. */
async function keeperIsAtWork(): Promise<void> {
  const redis = new Redis(url);
  const name = `name=skep-keeper-${process.pid} `;
  await until(async () => String(await redis.client('LIST')).includes(name));
  redis.disconnect();
}

async function deliver(delivery: Delivery): Promise<void> {
  const { id } = delivery;
  const asked = once(process, 'message');
  delivery.onInterrupt(tell);
  tell(`started ${id}`);
  const { payload } = parseEnvelope(delivery.raw);
  if (payload === 'busy') setInterval(compute, 1);
  if (payload !== 'block') {
    await asked;
    // Frozen for long, it has given up its connections: what is settled on one of them is neither written nor refused.
    const isAnswered = (): Promise<boolean> =>
      broker.find(id).then(
        () => true,
        () => false,
      );
    await until(isAnswered);
  } else {
    await keeperIsAtWork();
    block();
  }
  try {
    await delivery.settle(final());
    tell(`settled ${id}`);
  } catch (error) {
    if (!hasCode(error, 'SKEP_STALE_DELIVERY')) throw error;
    tell(`refused ${id} ${error instanceof SkepError ? error.code : ''}`);
  }
}

await broker.open();
await broker.consume({ lanes: ['default'], concurrency: 1, deliver });
tell('ready');
