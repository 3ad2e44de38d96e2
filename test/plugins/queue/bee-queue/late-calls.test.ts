// A call that reaches Redis after its connection was given up: what it claims then is known to nobody, and the worker
// that made it is alive, so that no stall check takes it away.
import type { Broker, Delivery } from '../../../../src/core/ports/broker.js';
import { entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis } from '../../../support/redis.js';
import { HalfOpenProxy } from '../../../support/servers/half-open-proxy.js';
import { RedisServer } from '../../../support/servers/redis-server.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('calls that arrive late', () => {
  const cleanups: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function harnessOn(url: string): BeeQueueHarness {
    const harness = new BeeQueueHarness(url, 'skep');
    harness.redis.on('error', () => undefined);
    cleanups.push(() => harness.dispose());
    return harness;
  }

  it('what one has claimed is found and handed back', async () => {
    const server = await RedisServer.create();
    cleanups.push(() => server.remove());
    const proxy = await HalfOpenProxy.create(server.port);
    cleanups.push(() => proxy.close());
    const harness = harnessOn(proxy.through(server.url));
    const beside = harnessOn(server.url);
    const dispatcher: Broker = await beside.open();
    const worker = await harness.open();
    const inbox = new Inbox();
    await worker.consume({ lanes: ['default'], concurrency: 1, ...inbox });

    // It asks for work every second; what it asks for now is under way for as long as the test likes.
    proxy.silence();
    await until(() => harness.lines.some(({ message }) => message.includes('is lost')));
    await proxy.restore();

    // Its one slot is full, so that whatever is claimed beside is claimed by the late call.
    const known = entry();
    await dispatcher.enqueue([known]);
    const first: Delivery = await inbox.next();
    const unknown = entry();
    await dispatcher.enqueue([unknown]);
    proxy.deliverLate();
    // The record of a claim is made when it is claimed, and stays when it is let go: nobody has to look in between.
    const claims = beside.key('default', 'claims');
    const record = (): Promise<string | null> => beside.redis.hget(claims, idOf(unknown));
    await until(async () => /^1\|E\|/.test((await record()) ?? ''));
    expect(await dispatcher.queues()).toMatchObject([{ name: 'default', waiting: 1, active: 1 }]);
    expect(await dispatcher.find(idOf(unknown))).toMatchObject({ state: 'queued', crashes: 0 });
    expect(inbox.size).toBe(0);
    await first.settle(final());
    const second = await inbox.next();
    expect(second).toMatchObject({ id: idOf(unknown), crashes: 0 });
    await second.settle(final());
    expect(harness.lines).toContainEqual(
      expect.objectContaining({
        message: 'handed back what a lost answer had claimed',
        fields: { executions: 1 },
      }),
    );
  });
});
