// Alive, slow, frozen, dead: who keeps what it holds, and who loses it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BeeQueue from 'bee-queue';
import type { Interruption } from '../../../src/core/ports/broker.js';
import type { RunContext } from '../../../src/core/run/run-context.js';
import { Worker } from '../../../src/core/run/worker.js';
import { Task } from '../../../src/core/tasks/decorators.js';
import { BeeQueueHarness } from '../../plugins/queue/bee-queue/bee-queue-harness.js';
import { entries, entry, final, idOf } from '../../support/executions.js';
import { createHarness, rememberingLogger } from '../../support/harness.js';
import { Inbox } from '../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../support/redis.js';
import { HalfOpenProxy } from '../../support/servers/half-open-proxy.js';
import { RedisServer } from '../../support/servers/redis-server.js';
import { tempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';

/** Ends when it is told to, and not before. */
class Endless {
  async run(_: unknown, { signal }: RunContext): Promise<void> {
    await once(signal, 'abort');
    signal.throwIfAborted();
  }
}
Task({ code: 'endless' })(Endless);

describeWithRedis('signs of life of a worker', () => {
  const redis = freshRedis('liveness');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  /** A worker in a process of its own; it tells what befalls its deliveries. */
  async function worker(
    stallInterval: string,
    { folder = '', url = harness.url, prefix = harness.prefix } = {},
  ): Promise<{
    child: ReturnType<typeof fork>;
    heard: string[];
    has: (message: string) => Promise<void>;
  }> {
    const script = new URL('./blocking-worker.ts', import.meta.url);
    const child = fork(script, [url, prefix, stallInterval, folder], {
      execArgv: ['--import', 'tsx'],
    });
    const heard: string[] = [];
    child.on('message', (message) => heard.push(String(message)));
    const has = (message: string): Promise<void> => until(() => heard.includes(message));
    await has('ready');
    return { child, heard, has };
  }

  /** bee-queue's stall check, when a test wants it. Returns how many it took for dead. */
  async function checkStalled(): Promise<number> {
    const { prefix } = harness;
    const queue = new BeeQueue('{default}', {
      ...{ prefix, redis: { url: redis.url } as never, stallInterval: 1 },
      ...{ isWorker: false, getEvents: false, sendEvents: false },
    });
    try {
      await harness.redis.del(harness.key('default', 'stallBlock'));
      return await queue.checkStalledJobs();
    } finally {
      await queue.close();
    }
  }

  it('does not take a worker for dead whose event loop is blocked', async () => {
    using folder = tempFolder();
    // A stall check comes when the test says so, and not before the worker could speak: any process may be held up.
    const broker = await harness.open({ stallInterval: '10m' });
    const queued = entry({ payload: 'block' });
    await broker.enqueue([queued]);
    const { child, heard, has } = await worker('20s', { folder: folder.path });
    await until(() => existsSync(join(folder.path, 'blocked')));
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const id = idOf(queued);
    const isSuspected = async (): Promise<boolean> =>
      (await harness.redis.sismember(harness.key('default', 'stalling'), id)) === 1;
    await checkStalled();
    // Its thread speaks for it.
    await until(async () => !(await isSuspected()), 10_000);
    expect(await checkStalled()).toBe(0);
    expect(await broker.find(id)).toMatchObject({ state: 'running', worker: 'slow', crashes: 0 });
    writeFileSync(join(folder.path, 'released'), '');
    await has(`settled ${id}`);
    expect(inbox.size).toBe(0);
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success', crashes: 0 });
    expect(heard).not.toContain('lost');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('leaves a worker its runs that stood still, when nobody has taken them', async () => {
    const broker = await harness.open({ stallInterval: '10m' });
    const queued = entry({ payload: 'hold' });
    await broker.enqueue([queued]);
    const { child, heard, has } = await worker('4s');
    const id = idOf(queued);
    await has(`started ${id}`);
    child.kill('SIGSTOP');
    const frozenAt = performance.now();
    // It is the only one that looks after the queue: for longer than anybody may be silent.
    await until(() => performance.now() - frozenAt > 4_500);
    child.kill('SIGCONT');
    child.send('settle');
    await has(`settled ${id}`);
    expect(heard).not.toContain('lost');
    expect(await broker.find(id)).toMatchObject({ state: 'success', attempt: 1, crashes: 0 });
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('ends the runs of a worker that is cut off, also when its main thread is never idle', async () => {
    await using server = await RedisServer.create();
    await using proxy = await HalfOpenProxy.create(server.port);
    const own = new BeeQueueHarness(server.url, 'skep');
    const broker = await own.open();
    const queued = entry({ payload: 'busy' });
    await broker.enqueue([queued]);
    const url = proxy.through(server.url);
    const { child, has } = await worker('2s', { url, prefix: 'skep' });
    await has(`started ${idOf(queued)}`);
    proxy.silence();
    await has('lost');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await own.dispose();
  });

  it('gives the work of a frozen worker to another, tells it when it thaws, and refuses what it says', async () => {
    const broker = await harness.open();
    const queued = entry({ payload: 'hold' });
    await broker.enqueue([queued]);
    const { child, has } = await worker('500ms');
    await has(`started ${idOf(queued)}`);
    child.kill('SIGSTOP');
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const again = await inbox.next();
    expect(again).toMatchObject({ id: idOf(queued), crashes: 1 });
    // From here on nobody is taken for dead: this process may be held up, too.
    await harness.redis.set(harness.key('default', 'stallBlock'), '1', 'EX', 600);
    child.kill('SIGCONT');
    await has('lost');
    child.send('settle');
    await has(`refused ${idOf(queued)} SKEP_STALE_DELIVERY`);
    await again.settle(final('success', { attempt: 2 }));
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'success', attempt: 2 });
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('hands back what is unfinished when its worker stops: another takes it at once', async () => {
    // Not by the stall check, which would take ten minutes.
    const [first, second] = [
      await harness.open({ stallInterval: '10m' }),
      await harness.open({ stallInterval: '10m' }),
    ];
    const { runner, lines } = createHarness({ tasks: [Endless] });
    const queues = [{ name: 'default', concurrency: 5, weight: 1 }];
    const worker = new Worker({
      broker: first,
      runner,
      logger: rememberingLogger().logger,
      queues,
    });
    const five = entries(5, { task: 'endless' });
    await first.enqueue(five);
    await worker.start();
    await until(() => runner.running.length === 5);
    const inbox = new Inbox();
    await second.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const drained = worker.drain(0);
    const deliveries = await inbox.take(5);
    expect(new Set(deliveries.map(({ id }) => id))).toEqual(new Set(five.map(idOf)));
    expect(deliveries.map(({ crashes }) => crashes)).toEqual([0, 0, 0, 0, 0]);
    expect(await drained).toMatchObject({ aborted: 5, unsettled: 0 });
    expect(lines.filter(({ message }) => message === 'run ended: returned')).toHaveLength(5);
    await Promise.all(deliveries.map((delivery) => delivery.settle(final())));
  });

  it('has one suspect out at a time, so that a poison task takes no neighbour into quarantine', async () => {
    const broker = await harness.open();
    const three = entries(3);
    await broker.enqueue(three);
    for (let crash = 0; crash < 2; crash += 1) await harness.crashHolding('default', 3);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 10, ...inbox });
    const out: string[] = [];
    for (let left = 3; left > 0; left -= 1) {
      const delivery = await inbox.next();
      expect(delivery.crashes).toBe(2);
      out.push(delivery.id);
      // What has not crashed goes beside.
      const fresh = entry();
      await broker.enqueue([fresh]);
      const beside = await inbox.next();
      expect(beside.id).toBe(idOf(fresh));
      await beside.settle(final());
      await until(async () => (await broker.queues()).some(({ active }) => active === 1));
      expect(inbox.size).toBe(0);
      await delivery.settle(final());
    }
    expect(new Set(out)).toEqual(new Set(three.map(idOf)));
  });

  it('says where an execution crashed last', async () => {
    const broker = await harness.open();
    const queued = entry();
    await broker.enqueue([queued]);
    await harness.crashHolding('default', 1);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    expect(delivery).toMatchObject({ crashes: 1, crashedOn: 'holder' });
    await delivery.settle(final('success', { attempt: 2 }));
  });

  it('refuses a late settlement also when Redis has lost the claim and given its fence again', async () => {
    // Without a stall check, which could bring it back once more.
    const [one, other] = [
      await harness.open({ stallInterval: '10m' }),
      await harness.open({ stallInterval: '10m' }),
    ];
    const [ones, others] = [new Inbox(), new Inbox()];
    const consumer = await one.consume({ lanes: ['default'], concurrency: 1, ...ones });
    const queued = entry();
    await one.enqueue([queued]);
    const first = await ones.next();
    await consumer.stop();
    // What a server that lost its last writes has forgotten.
    const id = idOf(queued);
    await harness.redis
      .multi()
      .hdel(harness.key('default', 'claims'), id)
      .lrem(harness.key('default', 'active'), 0, id)
      .rpush(harness.key('default', 'waiting'), id)
      .exec();
    await other.consume({ lanes: ['default'], concurrency: 1, ...others });
    const second = await others.next();
    const stale = { code: 'SKEP_STALE_DELIVERY' };
    await expect(first.settle(final('failed'))).rejects.toMatchObject(stale);
    await second.settle(final());
    expect(await one.find(id)).toMatchObject({ state: 'success' });
  });

  it('finds that an execution was cancelled although it was not told', async () => {
    // It looks every four seconds, and is held up for so long by nothing.
    const broker = await harness.open({ stallInterval: '8s' });
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const delivery = await inbox.next();
    const told: Interruption[] = [];
    delivery.onInterrupt((why) => told.push(why));
    await harness.redis.hset(harness.key('default', 'cancels'), idOf(queued), '1');
    await until(() => told.length > 0);
    expect(told).toEqual(['cancelled']);
    await delivery.settle(final('cancelled'));
  });

  it('tells a delivery that is lost once, also when it is back in the same process', async () => {
    // What was popped is claimed however late this process comes to it.
    const broker = await harness.open({ stallInterval: '10m' });
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const first = await inbox.next();
    const told: Interruption[] = [];
    first.onInterrupt((why) => told.push(why));
    // As bee-queue's stall check does with what it takes for dead.
    const id = idOf(queued);
    await harness.redis.lrem(harness.key('default', 'active'), 0, id);
    await harness.redis.rpush(harness.key('default', 'waiting'), id);
    const second = await inbox.next();
    expect(second).toMatchObject({ id, crashes: 1 });
    await until(() => told.length > 0);
    expect(told).toEqual(['lost']);
    await expect(first.settle(final())).rejects.toMatchObject({ code: 'SKEP_STALE_DELIVERY' });
    await second.settle(final());
  });
});
