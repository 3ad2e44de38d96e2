// The queue plugin: the broker of an installation, on Redis where one is configured, embedded where none is.
export { redisOptionsSchema } from './bee-queue/options.js';
export { type CreateBroker, loadBroker } from './create-broker.js';
