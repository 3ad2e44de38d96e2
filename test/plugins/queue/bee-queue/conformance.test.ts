import { describeBroker } from '../../../conformance/broker-conformance.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('on a private Redis', () => {
  const redis = freshRedis('conformance');
  // Long, so that a process which stands still for a while ends no run and no connection; see `openSuccessor`.
  describeBroker('bee-queue', async () => new BeeQueueHarness(redis.url, redis.prefix, '10m'));
});
