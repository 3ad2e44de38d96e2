// A connection that breaks while an answer is on its way, again and again: what can be asked anew is, and nobody is told
// of it in the words of the client.
import { entries } from '../../../support/executions.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

const breaks = 20;
/** More than one call of the script carries, so that they go as a transaction. */
const many = 1_500;

describeWithRedis('a connection to Redis that breaks', () => {
  const redis = freshRedis('broken');
  let harness: BeeQueueHarness;
  beforeEach(() => {
    harness = new BeeQueueHarness(redis.url, redis.prefix);
  });
  afterEach(() => harness.dispose());

  /** Ends the connections of this process's brokers for commands. */
  async function breakConnections(): Promise<void> {
    const list = String(await harness.redis.client('LIST'));
    for (const line of list.split('\n')) {
      const [, id] = /^id=(\d+) .*/.exec(line) ?? [];
      if (id === undefined || !line.includes(` name=skep-commands-${process.pid} `)) continue;
      // It may be gone already.
      await harness.redis.client('KILL', 'ID', id).catch(() => undefined);
    }
  }

  it('fails no look, no waiting and no dispatch', async () => {
    const broker = await harness.open({ dispatchTimeout: '1m' });
    const errors: unknown[] = [];
    const rounds = { looks: 0, dispatches: 0 };
    let isOver = false;
    const again = async (what: keyof typeof rounds, act: () => Promise<unknown>) => {
      while (!isOver) {
        await act().catch((error: unknown) => errors.push(error));
        rounds[what] += 1;
      }
    };
    const looking = Array.from({ length: 10 }, () => again('looks', () => broker.queues()));
    const dispatching = again('dispatches', () => broker.enqueue(entries(many)));
    await broker.enqueue(entries(1));
    const empty = broker.waitForEmpty().catch((error: unknown) => error);
    for (let n = 0; n < breaks; n += 1) {
      const { looks, dispatches } = rounds;
      // In the midst of it, wherever that is.
      while (rounds.looks < looks + 10 || rounds.dispatches === dispatches) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await breakConnections();
    }
    isOver = true;
    await Promise.all([...looking, dispatching]);
    expect(errors).toEqual([]);
    await broker.close();
    // Until then it waited.
    expect(await empty).toMatchObject({ code: 'SKEP_BROKER_CLOSED' });
  });
});
