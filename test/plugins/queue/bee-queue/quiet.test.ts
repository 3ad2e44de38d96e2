// A worker that has nothing to do lets Redis alone: a server of its own counts what it is asked.
import { Slots } from '../../../../src/core/run/slots.js';
import { entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { describeWithRedis } from '../../../support/redis.js';
import { RedisServer } from '../../../support/servers/redis-server.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

/** Looks once a second, signs of life and blocking pops several times a second: far below what a loop would ask. */
const mostCommands = 300;

describeWithRedis('a quiet worker', () => {
  let server: RedisServer;
  let harness: BeeQueueHarness;
  beforeEach(async () => {
    server = await RedisServer.create();
    harness = new BeeQueueHarness(server.url, 'skep');
  });
  afterEach(async () => {
    await harness.dispose();
    await server.remove();
  });

  /** Commands that Redis carries out in a second, by its own clock: the one looked at may be a long one. */
  async function commandsInASecond(): Promise<number> {
    const look = async (): Promise<{ commands: number; microseconds: number }> => {
      const info = await harness.redis.info();
      const fact = (name: string): number =>
        Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
      return {
        commands: fact('total_commands_processed'),
        microseconds: fact('server_time_usec'),
      };
    };
    const before = await look();
    const end = performance.now() + 1_000;
    await until(() => performance.now() > end);
    const after = await look();
    return (1e6 * (after.commands - before.commands)) / (after.microseconds - before.microseconds);
  }

  it('does not ask again and again while its queue waits for a slot of the process', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    const slots = new Slots(1);
    for (const queue of ['red', 'blue']) {
      await broker.consume({ lanes: [queue], concurrency: 5, share: slots.share(1), ...inbox });
    }
    await broker.enqueue([entry({ queue: 'red' })]);
    const running = await inbox.next();
    await broker.enqueue([entry({ queue: 'blue' })]);
    expect(await commandsInASecond()).toBeLessThan(mostCommands);
    await running.settle(final());
    await (await inbox.next()).settle(final());
  });

  it('does not ask again and again while its queue is paused and something is due', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    const delayed = entry({}, Date.now() + 3_600_000);
    await broker.enqueue([delayed]);
    await broker.pause('default');
    // Due only now that the queue is paused.
    await harness.redis.zadd(harness.key('default', 'delayed'), 1, idOf(delayed));
    // By the end of it, the consumer has seen that.
    await commandsInASecond();
    expect(await commandsInASecond()).toBeLessThan(mostCommands);
    expect(inbox.size).toBe(0);
    await broker.resume('default');
    await (await inbox.next()).settle(final());
  });

  it('says that Redis refuses what it asks, and asks less and less often', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await harness.redis.set(harness.key('default', 'waiting'), 'no list');
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await until(() => harness.lines.some(({ message }) => message.startsWith('Redis refuses')));
    expect(await commandsInASecond()).toBeLessThan(mostCommands);
    await harness.redis.del(harness.key('default', 'waiting'));
    await broker.enqueue([entry()]);
    await (await inbox.next()).settle(final());
  });

  it('dispatches many at once after the scripts were forgotten', async () => {
    const broker = await harness.open();
    await broker.enqueue([entry({ queue: 'red' }), entry({ queue: 'blue' })]);
    await harness.redis.script('FLUSH');
    const ids = await broker.enqueue([entry({ queue: 'red' }), entry({ queue: 'blue' })]);
    expect(ids).toHaveLength(2);
    expect((await broker.queues()).map(({ waiting }) => waiting)).toEqual([2, 2]);
  });
});
