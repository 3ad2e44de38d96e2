// A worker for liveness.test.ts: URL PREFIX. Payload `block`: blocks the event loop for three stall intervals; `hold`:
// keeps the delivery until it is told that it is lost.
import { Redis } from 'ioredis';
import { parseEnvelope } from '../../../../src/core/envelope.js';
import { hasCode, SkepError } from '../../../../src/core/errors/skep-error.js';
import type { Delivery } from '../../../../src/core/ports/broker.js';
import { systemSeams } from '../../../../src/core/seams.js';
import { BeeQueueBroker } from '../../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../../src/plugins/queue/bee-queue/options.js';
import { final } from '../../../support/executions.js';
import { until } from '../../../support/until.js';

process.on('disconnect', () => process.exit());
const [url = '', prefix = ''] = process.argv.slice(2);
const stallMs = 500;
const tell = (message: string): void => {
  process.send?.(message);
};
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const options = redisOptionsSchema.parse({ prefix, stallInterval: `${stallMs}ms` });
const broker = new BeeQueueBroker({ url, ...options, logger, seams: systemSeams, worker: 'slow' });

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
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
  const lost = new Promise<void>((resolve) => {
    delivery.onInterrupt((why) => {
      tell(why);
      resolve();
    });
  });
  tell(`started ${id}`);
  if (parseEnvelope(delivery.raw).payload === 'hold') await lost;
  else {
    await keeperIsAtWork();
    block(3 * stallMs);
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
