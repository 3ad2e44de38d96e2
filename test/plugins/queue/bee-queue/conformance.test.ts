import { describeBroker } from '../../../conformance/broker-conformance.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('on a private Redis', () => {
  const redis = freshRedis('conformance');
  describeBroker('bee-queue', async () => new BeeQueueHarness(redis.url, redis.prefix));
});
