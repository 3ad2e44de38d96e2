// What lies in Redis is what bee-queue's own tools read and write, and no more of it than is needed.

import BeeQueue from 'bee-queue';
import type { Dispatcher } from '../../../../src/core/dispatch/dispatcher.js';
import { Executions } from '../../../../src/core/executions/executions.js';
import { systemSeams } from '../../../../src/core/seams.js';
import { entries, entry, final, idOf, retry } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('the layout of the bee-queue broker', () => {
  const redis = freshRedis('layout');
  let harness: BeeQueueHarness;
  const queues: BeeQueue[] = [];

  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
    await harness.dispose();
  });

  /** bee-queue itself, with its own client. */
  function beeQueue(name: string, isWorker = false): BeeQueue {
    const settings = { prefix: harness.prefix, redis: { url: redis.url } as never, isWorker };
    const queue = new BeeQueue(`{${name}}`, { ...settings, activateDelayedJobs: isWorker });
    queues.push(queue);
    return queue;
  }

  it('lets bee-queue find, count and list what was queued', async () => {
    const broker = await harness.open();
    const waiting = entries(3);
    const delayed = entry({}, Date.now() + 3_600_000);
    await broker.enqueue([...waiting, delayed]);
    const queue = beeQueue('default');
    expect(await queue.checkHealth()).toMatchObject({ waiting: 3, delayed: 1, active: 0 });
    const [first] = waiting;
    expect((await queue.getJob(idOf(first ?? delayed))).data).toEqual(first?.envelope);
    const jobs = await queue.getJobs('delayed', { start: 0, end: 10 });
    expect(jobs.map(({ id }) => id)).toEqual([idOf(delayed)]);
  });

  it('lets a worker of bee-queue do what was queued', async () => {
    const broker = await harness.open();
    const two = [entry(), entry({}, Date.now() + 50)];
    await broker.enqueue(two);
    const queue = beeQueue('default', true);
    const done = await new Promise<string[]>((resolve) => {
      const ids: string[] = [];
      queue.process(async (job) => {
        ids.push((job.data as { id: string }).id);
        if (ids.length === 2) resolve(ids);
      });
    });
    expect(done).toEqual(two.map(idOf));
  });

  it('delivers what bee-queue has queued, now and later', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const queue = beeQueue('default');
    const first = await queue.createJob({ from: 'elsewhere' }).save();
    const delivery = await inbox.next();
    expect(delivery).toMatchObject({ id: first.id, raw: { from: 'elsewhere' }, crashes: 0 });
    await delivery.settle(final('quarantined'));
    const dueAt = Date.now() + 150;
    await queue.createJob({ from: 'later' }).delayUntil(dueAt).save();
    expect((await inbox.next()).raw).toEqual({ from: 'later' });
    expect(Date.now()).toBeGreaterThanOrEqual(dueAt);
  });

  it('keeps what a job has beside what Skep knows of it, through a retry', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const { envelope } = entry();
    const job = { data: envelope, options: { timestamp: 1, weight: 7 }, status: 'created', of: 2 };
    await harness.plant('default', envelope.id, JSON.stringify(job));
    await (await inbox.next()).settle(retry(envelope, 0));
    const again = await inbox.next();
    const text = await harness.redis.hget(harness.key('default', 'jobs'), envelope.id);
    expect(JSON.parse(text ?? '')).toMatchObject({
      ...{ data: { attempt: 2 }, of: 2 },
      options: { weight: 7, availableAt: 0 },
    });
    await again.settle(final());
  });

  it('does not lose a slot to a job that was removed after it was popped', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const lists = ['waiting', 'active'].map((name) => harness.key('default', name));
    for (let ghost = 0; ghost < 5; ghost += 1) {
      await harness.redis.lpush(harness.key('default', 'waiting'), `ghost-${ghost}`);
      // Popped, and let go.
      await until(async () => (await harness.redis.exists(...lists)) === 0);
    }
    const queued = entry();
    await broker.enqueue([queued]);
    expect((await inbox.next()).id).toBe(idOf(queued));
    expect(await broker.queues()).toMatchObject([{ waiting: 0, active: 1 }]);
  });

  it('brings a job to its end whose id is no text', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    const id = Buffer.from([0x69, 0xff, 0xfe]);
    await harness.redis.hset(harness.key('default', 'jobs'), id, '{"data":{"from":"afar"}}');
    await harness.redis.lpush(harness.key('default', 'waiting'), id);
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    expect(delivery.raw).toEqual({ from: 'afar' });
    await delivery.settle(final('quarantined'));
    await broker.waitForEmpty();
    expect(await broker.find(delivery.id)).toMatchObject({ state: 'quarantined' });
  });

  it('delivers once what was pushed several times', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = harness.key('default', 'waiting');
    await harness.redis.lpush(waiting, idOf(queued), idOf(queued));
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const delivery = await inbox.next();
    await harness.redis.lpush(waiting, idOf(queued));
    await until(async () => (await harness.redis.llen(waiting)) === 0);
    // What was popped beside it is let go of.
    await until(async () => (await harness.redis.llen(harness.key('default', 'active'))) === 1);
    const next = entry();
    await broker.enqueue([next]);
    expect((await inbox.next()).id).toBe(idOf(next));
    expect(delivery.crashes).toBe(0);
    await delivery.settle(final());
    expect(await broker.queues()).toMatchObject([{ waiting: 0, active: 1 }]);
  });

  it('keeps all keys of a queue under one hash tag', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default:high', 'default'], concurrency: 5, ...inbox });
    const unique = { key: 'k' };
    const high = entry({ queue: 'default:high', unique });
    await broker.enqueue([entry(), high, entry({}, Date.now() + 3_600_000)]);
    const [first, second] = await inbox.take(2);
    await first?.admit({ task: 'noop', concurrency: 1, rate: { count: 1, windowMs: 1_000 } });
    await second?.admit({ task: 'noop', concurrency: 1, rate: undefined });
    await broker.pause('default');
    await broker.cancel(idOf(high));
    await first?.settle(final());
    const keys = await harness.redis.keys(`${harness.prefix}:*`);
    const [tagged, others] = [keys.filter((key) => key.includes('{default}')), [...keys]].map(
      (some) => some.length,
    );
    // The list of queues and the register of workers are the only keys of the whole installation.
    expect((others ?? 0) - (tagged ?? 0)).toBe(1);
    expect(tagged).toBeGreaterThan(5);
  });

  it('removes what has finished, and keeps so many of its records and no more', async () => {
    const broker = await harness.open({ keepFinished: 7 });
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 4, ...inbox });
    await broker.enqueue(entries(20));
    // What an idle consumer has popped may come later than what was queued after it.
    const settled: string[] = [];
    for (let left = 20; left > 0; left -= 1) {
      const delivery = await inbox.next();
      await delivery.settle(final());
      settled.push(delivery.id);
    }
    await broker.waitForEmpty();
    for (const key of ['jobs', 'claims', 'active', 'stalling', 'waiting']) {
      expect(await harness.redis.exists(harness.key('default', key))).toBe(0);
    }
    expect(await harness.redis.hlen(harness.key('default', 'finished'))).toBe(7);
    expect((await broker.list({ limit: 50 })).map(({ id }) => id)).toEqual(
      settled.slice(-7).sort().reverse(),
    );
  });

  it('tells a long result to who waits, and keeps a note of it', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry();
    await broker.enqueue([queued]);
    const waiting = broker.waitForFinal(idOf(queued));
    const delivery = await inbox.next();
    await until(async () => (await harness.redis.exists(harness.key('default', 'awaited'))) === 1);
    const result = 'x'.repeat(100_000);
    await delivery.settle(final('success', { result }));
    expect(await waiting).toMatchObject({ state: 'success', result });
    expect(await broker.find(idOf(queued))).toMatchObject({
      state: 'success',
      task: 'noop',
      result: expect.stringContaining('not kept'),
    });
  });

  it('does not replay the note that it keeps of a long payload', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const queued = entry({ payload: 'x'.repeat(100_000) });
    await broker.enqueue([queued]);
    const id = idOf(queued);
    await (await inbox.next()).settle(final());
    await until(async () => (await broker.find(id))?.state === 'success');
    expect(await broker.find(id)).toMatchObject({ payloadNotKept: true });
    const dispatched: unknown[] = [];
    const dispatcher = { dispatch: async (...call: unknown[]) => void dispatched.push(call) };
    const executions = new Executions({
      broker,
      store: undefined,
      dispatcher: dispatcher as unknown as Dispatcher,
      seams: systemSeams,
      worker: 'w',
    });
    await expect(executions.replay(id)).rejects.toMatchObject({ code: 'SKEP_PAYLOAD_NOT_KEPT' });
    expect(dispatched).toEqual([]);
    await executions.replay(id, 'given');
    expect(dispatched).toMatchObject([['noop', 'given', { replayOf: id }]]);
  });
});
