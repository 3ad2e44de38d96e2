// The stall check makes queues of bee-queue, which load scripts when they are made: also when the connection breaks in that
// very moment, the process goes on.
import { once } from 'node:events';
import { Keys } from '../../../../src/plugins/queue/bee-queue/keys.js';
import { Link } from '../../../../src/plugins/queue/bee-queue/link.js';
import { StallCheck } from '../../../../src/plugins/queue/bee-queue/stall-check.js';
import { rememberingLogger } from '../../../support/harness.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { until } from '../../../support/until.js';

describeWithRedis('the stall check', () => {
  const redis = freshRedis('stall');

  it('survives a connection that breaks while its queues are made', async () => {
    const stray: unknown[] = [];
    const note = (error: unknown): void => {
      stray.push(error);
    };
    process.on('unhandledRejection', note);
    const { logger } = rememberingLogger();
    const link = new Link({ url: redis.url, logger });
    const check = new StallCheck({ link, keys: new Keys(redis.prefix), stallMs: 200, logger });
    try {
      await link.open(5_000);
      check.watch('default');
      for (let round = 0; round < 5; round += 1) {
        const returned = new Promise<void>((resolve) => link.onReturn(resolve));
        link.commands.disconnect(true);
        // Made without a connection.
        check.watch(`other-${round}`);
        await returned;
        const broken = once(link.commands, 'close');
        link.commands.disconnect(true);
        await broken;
        await until(() => link.isReady);
      }
      expect(stray).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
      check.close();
      link.close();
    }
  });
});
