// Redis is away, comes back, has forgotten its scripts, or does not answer: a server of its own for every test.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { crashHolding } from '../../conformance/broker/crash-holding.js';
import { BeeQueueHarness } from '../../plugins/queue/bee-queue/bee-queue-harness.js';
import { entries, entry, final, idOf } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';
import { quick } from '../../support/quick.js';
import { describeWithRedis } from '../../support/redis.js';
import { HalfOpenProxy } from '../../support/servers/half-open-proxy.js';
import { RedisServer } from '../../support/servers/redis-server.js';
import { until } from '../../support/until.js';

describeWithRedis('outages of Redis', () => {
  const cleanups: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function started(
    options: Parameters<typeof RedisServer.create>[0] = {},
  ): Promise<{ server: RedisServer; harness: BeeQueueHarness }> {
    const server = await RedisServer.create(options);
    cleanups.push(() => server.remove());
    return { server, harness: harnessOn(server.url) };
  }

  function harnessOn(url: string): BeeQueueHarness {
    const harness = new BeeQueueHarness(url, 'skep');
    harness.redis.on('error', () => undefined);
    cleanups.push(() => harness.dispose());
    return harness;
  }

  it('fails a dispatch within its timeout, and takes the next when Redis is back', async () => {
    const { server, harness } = await started();
    const broker = await harness.open({ dispatchTimeout: '1s' });
    await server.stop();
    // Less than what it waits where nothing is said.
    await quick(4_000, async () => {
      const startedAt = performance.now();
      const code = 'SKEP_QUEUE_UNREACHABLE';
      await expect(broker.enqueue([entry()])).rejects.toMatchObject({ code });
      return performance.now() - startedAt;
    });
    await server.start();
    const queued = entry();
    await until(async () => {
      const [id] = await broker.enqueue([queued]).catch(() => []);
      return id === idOf(queued);
    });
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'queued' });
  });

  it('listens again when Redis dies as soon as it is asked to, and nobody has to catch anything', async () => {
    const { server } = await started();
    const sockets = new Set<Socket>();
    const fragile = { cuts: 0, isOn: false };
    const proxy = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from);
        from.on('error', () => undefined);
        from.on('close', () => to.destroy());
        from.on('data', (data) => {
          if (fragile.isOn && from === client && /subscribe/i.test(String(data))) {
            fragile.cuts += 1;
            client.destroy();
          } else to.write(data);
        });
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const harness = harnessOn(server.url);
    const broker = await harness.open({ url: `redis://127.0.0.1:${port}` });
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = broker.waitForFinal(idOf(queued));
    // So that the channel is listened to.
    await until(async () => (await harness.redis.pubsub('CHANNELS')).length > 0);
    fragile.isOn = true;
    for (const socket of sockets) socket.destroy();
    await until(() => fragile.cuts >= 3);
    fragile.isOn = false;
    const other = await harness.open();
    const inbox = new Inbox();
    await other.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await (await inbox.next()).settle(final());
    expect(await waiting).toMatchObject({ state: 'success' });
  });

  it('does not open in another database than the one it was asked for', async () => {
    const { server, harness } = await started();
    const at = (path: string) => ({ url: new URL(path, server.url).href });
    await expect(harness.open(at('/99'))).rejects.toMatchObject({
      code: 'SKEP_CONFIG_INVALID',
      place: 'REDIS_URL',
      message: expect.stringMatching(/has no database 99$/),
    });
    const third = await harness.open(at('/3'));
    const queued = entry();
    await third.enqueue([queued]);
    expect(await third.find(idOf(queued))).toMatchObject({ state: 'queued' });
    expect(await (await harness.open()).find(idOf(queued))).toBeUndefined();
    // The last one is a password with a / that nobody encoded.
    for (const path of ['/abc', '/-1', '/1/2', '/1x', '/hunter2@127.0.0.1:6379/0']) {
      await expect(harness.open(at(path))).rejects.toMatchObject({
        code: 'SKEP_CONFIG_INVALID',
        message: 'REDIS_URL does not end in the number of a database',
      });
    }
  });

  it('says why it does not open: no server, wrong password, a replica', async () => {
    const { server } = await started({ password: 'right' });
    const wrong = harnessOn(server.url.replace('right', 'wrong'));
    await expect(wrong.open()).rejects.toMatchObject({ code: 'SKEP_QUEUE_REFUSED' });
    const none = harnessOn(server.url.replace(':right@', ''));
    await expect(none.open()).rejects.toMatchObject({ code: 'SKEP_QUEUE_REFUSED' });
    const replicaOf = ['--replicaof', '127.0.0.1', String(server.port), '--masterauth', 'right'];
    const replica = await started({ options: replicaOf });
    await expect(replica.harness.open()).rejects.toMatchObject({ code: 'SKEP_QUEUE_UNFIT' });
    await server.stop();
    const gone = harnessOn(server.url);
    await expect(gone.open()).rejects.toMatchObject({
      code: 'SKEP_QUEUE_UNREACHABLE',
      message: expect.not.stringContaining('right'),
    });
  });

  it('warns of a server that may lose what was queued', async () => {
    const options = ['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru'];
    const { harness } = await started({ options });
    const broker = await harness.open();
    const { found, warnings } = await broker.examine();
    expect(found).toMatch(/^Redis \d+\.\d+/);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('append-only file'),
      expect.stringContaining('allkeys-lru'),
    ]);
    const sound = await (await started()).harness.open();
    expect((await sound.examine()).warnings).toEqual([]);
  });

  it('consumes again by itself after a restart that forgot the scripts, and settles what was out', async () => {
    const { server, harness } = await started();
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    const [first, second] = [entry(), entry()];
    await broker.enqueue([first]);
    const out = await inbox.next();
    await server.restart();
    await until(() =>
      out.settle(final()).then(
        () => true,
        () => false,
      ),
    );
    await until(() =>
      broker.enqueue([second]).then(
        () => true,
        () => false,
      ),
    );
    expect((await inbox.next()).id).toBe(idOf(second));
    expect(await broker.find(idOf(first))).toMatchObject({ state: 'success', crashes: 0 });
    expect(inbox.size).toBe(0);
  });

  it('finds what died with its worker after a restart that forgot the scripts', async () => {
    const { server, harness } = await started();
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['other'], concurrency: 1, ...inbox });
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await consumer.stop();
    await server.restart();
    const queued = entry();
    await until(() =>
      broker.enqueue([queued]).then(
        () => true,
        () => false,
      ),
    );
    const script = new URL('../../plugins/queue/bee-queue/hold-all-bee-queue.ts', import.meta.url);
    await crashHolding(script, [server.url, 'skep', 'default', '1'], 1);
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    expect(await inbox.next()).toMatchObject({ id: idOf(queued), crashes: 1 });
  });

  it('goes on after a silence in which answers were lost: nothing runs twice, nothing is left out', async () => {
    const { server } = await started();
    const proxy = await HalfOpenProxy.create(server.port);
    cleanups.push(() => proxy.close());
    const harness = harnessOn(proxy.through(server.url));
    const beside = harnessOn(server.url);
    const broker = await harness.open({ stallInterval: '10m' });
    const dispatcher = await beside.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 3, ...inbox });
    const held = entry();
    await dispatcher.enqueue([held]);
    const out = await inbox.next();
    proxy.silence();
    const meanwhile = entries(4);
    await dispatcher.enqueue(meanwhile);
    const settled = out.settle(final()).catch(() => 'lost');
    // The client takes the connection for dead and makes a new one.
    await settled;
    proxy.restore();
    await until(() =>
      out.settle(final()).then(
        () => true,
        (error: { code?: string }) => error.code === 'SKEP_STALE_DELIVERY',
      ),
    );
    const ids: string[] = [];
    for (let left = 4; left > 0; left -= 1) {
      const delivery = await inbox.next();
      ids.push(delivery.id);
      expect(delivery.crashes).toBe(0);
      await delivery.settle(final());
    }
    expect(new Set(ids)).toEqual(new Set(meanwhile.map(idOf)));
    expect(await dispatcher.find(idOf(held))).toMatchObject({ state: 'success' });
  });
});
