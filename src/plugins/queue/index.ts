// The queue plugin's public door: the brokers.
export { EmbeddedBroker, type EmbeddedBrokerOptions } from './embedded/broker.js';
