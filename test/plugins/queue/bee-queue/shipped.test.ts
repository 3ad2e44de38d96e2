// The bee-queue that the build ships, without the packages that it requires: it does for Skep what the package does.
import { createRequire } from 'node:module';
import BeeQueue from 'bee-queue';
import { Redis } from 'ioredis';
import type { BeeQueue as Shipped } from '../../../../src/plugins/queue/bee-queue/library.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';

const require = createRequire(import.meta.url);
const ShippedQueue = require('../../../../dist/vendor/bee-queue') as typeof Shipped;

/** bee-queue knows a client by the name of its class. */
class BeeClient extends Redis {}
Object.defineProperty(BeeClient, 'name', { value: 'Redis' });

describeWithRedis('the shipped bee-queue', () => {
  const redis = freshRedis('shipped');

  it.each([
    ['the package', BeeQueue as unknown as typeof Shipped],
    ['the shipped one', ShippedQueue],
  ])('queues again what a worker held that is gone, and says so: %s', async (_, Queue) => {
    const client = new BeeClient(redis.url);
    try {
      const queue = new Queue('default', {
        prefix: redis.prefix,
        redis: client,
        isWorker: false,
        getEvents: false,
        sendEvents: false,
        storeJobs: false,
        stallInterval: 1,
      });
      await queue.ready();
      const stalled: string[] = [];
      queue.on('stalled', (id) => stalled.push(id));
      const key = (name: string): string => `${redis.prefix}:default:${name}`;
      await client.hset(key('jobs'), '7', '{"data":{},"options":{},"status":"created"}');
      await client.lpush(key('active'), '7');
      // The first check writes down what is active; the second finds what nobody has said to be alive since.
      await queue.checkStalledJobs();
      await client.del(key('stallBlock'));
      await queue.checkStalledJobs();
      expect(await client.lrange(key('waiting'), 0, -1)).toEqual(['7']);
      expect(await client.llen(key('active'))).toBe(0);
      expect(stalled).toEqual(['7']);
      await queue.close();
    } finally {
      client.disconnect();
    }
  });
});
