// `holdAll` with the bee-queue broker: URL PREFIX QUEUE CONCURRENCY.
import { systemSeams } from '../../../../src/core/seams.js';
import { BeeQueueBroker } from '../../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../../src/plugins/queue/bee-queue/options.js';
import { holdAll } from '../../../conformance/broker/hold-all.js';

const [url = '', prefix = '', queue = '', concurrency = '1'] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const options = redisOptionsSchema.parse({ prefix, stallInterval: '500ms' });
const broker = new BeeQueueBroker({
  url,
  ...options,
  logger,
  seams: systemSeams,
  worker: 'holder',
});
await holdAll(broker, queue, Number(concurrency));
