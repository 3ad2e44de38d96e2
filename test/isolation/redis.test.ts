// Isolated tasks over the queue on Redis: what one dispatches goes through a connection of its thread.
import { Redis } from 'ioredis';
import { describeWithRedis, freshRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { IsolatedSite } from './isolated-site.js';

describeWithRedis('a thread and the queue on Redis', () => {
  const redis = freshRedis('threads');

  test('a task in a thread dispatches through a connection of its own, which is closed with the thread', async () => {
    const looking = new Redis(redis.url);
    /** Connections for commands of this process, threads included. */
    const connections = async (): Promise<number> => {
      const clients = String(await looking.client('LIST'));
      return clients.split(`name=skep-commands-${process.pid} `).length - 1;
    };
    const before = await connections();
    const site = await IsolatedSite.start({
      variables: { REDIS_URL: redis.url },
      config: { redis: { prefix: redis.prefix }, isolation: { threads: 1 } },
    });
    try {
      const { dispatcher, broker, worker } = site.parts;
      await worker.start();
      const { id } = await dispatcher.dispatch('dispatches');
      const parent = await broker.waitForFinal(id);
      expect(parent).toMatchObject({ state: 'success', result: expect.any(String) });
      const child = await broker.waitForFinal(String(parent.result));
      expect(child).toMatchObject({
        task: 'where',
        state: 'success',
        triggeredBy: 'task dispatches',
        result: { isMainThread: false },
      });
      // One that a pause of the machine has broken is replaced.
      await until(async () => (await connections()) === before + 2);
      await worker.drain(0);
    } finally {
      await site[Symbol.asyncDispose]();
    }
    await until(async () => (await connections()) === before);
    looking.disconnect();
  });
});
