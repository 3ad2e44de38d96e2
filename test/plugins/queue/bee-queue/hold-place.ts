// A worker that takes the only place of its task, tells its parent, and keeps it: URL PREFIX.
import { systemSeams } from '../../../../src/core/seams.js';
import { BeeQueueBroker } from '../../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../../src/plugins/queue/bee-queue/options.js';

process.on('disconnect', () => process.exit());
const [url = '', prefix = ''] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const options = redisOptionsSchema.parse({ prefix, stallInterval: '500ms' });
const broker = new BeeQueueBroker({
  url,
  ...options,
  logger,
  seams: systemSeams,
  worker: 'holder',
});
await broker.open();
await broker.consume({
  lanes: ['default'],
  concurrency: 1,
  deliver: async (delivery) => {
    const { admitted } = await delivery.admit({ task: 'noop', concurrency: 1, rate: undefined });
    if (admitted) process.send?.(delivery.id);
  },
});
