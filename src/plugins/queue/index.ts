// The queue plugin: the broker of an installation, on Redis where one is configured, embedded where none is.
export { BeeQueueBroker, type BeeQueueBrokerOptions } from './bee-queue/broker.js';
export { redisOptionsSchema } from './bee-queue/options.js';
export { createBroker } from './create-broker.js';
export { EmbeddedBroker, type EmbeddedBrokerOptions } from './embedded/broker.js';
