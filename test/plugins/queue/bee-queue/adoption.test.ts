// A queue that no worker consumes any more and that holds nothing but what its worker died with: found and finished.
import { Worker } from '../../../../src/core/run/worker.js';
import { Task } from '../../../../src/core/tasks/decorators.js';
import { entries, idOf } from '../../../support/executions.js';
import { createHarness, rememberingLogger } from '../../../support/harness.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

class Noop {
  run(): void {}
}
Task({ code: 'noop' })(Noop);

describeWithRedis('adoption of queues', () => {
  const redis = freshRedis('adoption');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  it('a worker takes over what another died with, from a queue that nothing else is in', async () => {
    const broker = await harness.open();
    const held = entries(3, { queue: 'left' });
    await broker.enqueue(held);
    await harness.crashHolding('left', 3);
    const left = (await broker.queues()).filter(({ name }) => name === 'left');
    expect(left).toMatchObject([{ waiting: 0, delayed: 0, active: 3 }]);

    const { logger, lines } = rememberingLogger();
    const worker = new Worker({
      broker,
      runner: createHarness({ tasks: [Noop] }).runner,
      logger,
      queues: [{ name: 'default', concurrency: 1, weight: 1 }],
      adopt: { concurrency: 5, weight: 1 },
    });
    await worker.start();
    const ended = await Promise.all(held.map((each) => broker.waitForFinal(idOf(each))));
    await worker.drain(0);

    expect(ended.map(({ state, crashes }) => ({ state, crashes }))).toEqual(
      held.map(() => ({ state: 'success', crashes: 1 })),
    );
    expect(worker.queues.map(({ name }) => name)).toEqual(['default', 'left']);
    expect(lines.filter(({ message }) => message.startsWith('work waits in a queue'))).toHaveLength(
      1,
    );
  });
});
