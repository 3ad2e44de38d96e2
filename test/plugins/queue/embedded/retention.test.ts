// History: finished executions are kept for a bounded time and number; what is unfinished is never touched.
import type { EmbeddedBroker } from '../../../../src/plugins/queue/embedded/broker.js';
import { Retention } from '../../../../src/plugins/queue/embedded/retention.js';
import { entries, entry, final, idOf } from '../../../support/executions.js';
import { rememberingLogger } from '../../../support/harness.js';
import { Inbox } from '../../../support/inbox.js';
import { EmbeddedHarness } from './embedded-harness.js';

const dayMs = 86_400_000;

describe('the history of the embedded queue', () => {
  let harness: EmbeddedHarness;
  let now = Date.now();
  beforeEach(async () => {
    now = Date.now();
    harness = await EmbeddedHarness.create({ now: () => now });
  });
  afterEach(() => harness.dispose());

  async function finish(broker: EmbeddedBroker, count: number): Promise<string[]> {
    const many = entries(count, { queue: 'finishing' });
    await broker.enqueue(many.map(({ envelope }) => ({ envelope, availableAt: 0 })));
    const done = many.map((each) => broker.waitForFinal(idOf(each)));
    const consumer = await broker.consume({
      lanes: ['finishing'],
      concurrency: 50,
      deliver: (delivery) => delivery.settle(final()),
    });
    await Promise.all(done);
    await consumer.stop();
    return many.map(idOf);
  }

  /** Ids in the history once pruning has come to rest. */
  async function historyOf(atMost: number): Promise<string[]> {
    for (;;) {
      const ids = harness
        .column('SELECT id FROM executions WHERE finished_at IS NOT NULL ORDER BY seq')
        .map(String);
      if (ids.length <= atMost) return ids;
      await new Promise(setImmediate);
    }
  }

  it('keeps the newest', async () => {
    const history = { maxAgeMs: 7 * dayMs, maxCount: 50 };
    const broker = await harness.open({ history });
    const waiting = entry();
    await broker.enqueue([waiting]);
    const ids = await finish(broker, 1_000);
    now += 1;
    const latest = await finish(broker, 1);
    const kept = await historyOf(250);
    expect(kept.length).toBeGreaterThanOrEqual(50);
    expect(kept.at(-1)).toBe(latest[0]);
    expect(kept.slice(0, -1)).toEqual(ids.slice(ids.length - kept.length + 1));
    expect(await broker.find(idOf(waiting))).toMatchObject({ state: 'queued' });
    expect(await broker.find(ids[0] ?? '')).toBeUndefined();
  });

  it('keeps the bound also when executions end while others are forgotten', async () => {
    const store = {
      finished: 0,
      countFinished: () => store.finished,
      prune: (_: number, limit: number) => {
        const pruned = Math.min(limit, store.finished);
        store.finished -= pruned;
        return pruned;
      },
    };
    let onCommit = (): void => undefined;
    const retention = new Retention({
      store,
      uniques: { prune: () => undefined },
      control: { prune: () => undefined },
      group: {
        add: async (work) => {
          const result = work();
          onCommit();
          return result;
        },
      },
      logger: rememberingLogger().logger,
      seams: { now: () => now },
      limits: { maxAgeMs: dayMs, maxCount: 50 },
    });
    const finish = (count: number): void => {
      for (let at = 0; at < count; at += 1) {
        store.finished += 1;
        retention.finished();
      }
    };
    retention.start();
    await new Promise(setImmediate);
    // While the last batch is forgotten, almost as many end as a batch has.
    let hasEnded = false;
    onCommit = () => {
      if (hasEnded || store.finished > 60) return;
      hasEnded = true;
      finish(190);
    };
    finish(280);
    await new Promise(setImmediate);
    finish(100);
    await new Promise(setImmediate);
    retention.close();
    expect(store.finished).toBeLessThan(250);
  });

  it('forgets at the next start what has become too old, and takes its id again', async () => {
    const history = { maxAgeMs: 7 * dayMs, maxCount: 10_000 };
    const first = await harness.open({ history });
    const old = await finish(first, 450);
    now += 4 * dayMs;
    const young = await finish(first, 3);
    await first.close();

    now += 4 * dayMs;
    const second = await harness.open({ history });
    await second.consume({ lanes: ['none'], concurrency: 1, ...new Inbox() });
    expect(await historyOf(3)).toEqual(young);

    const again = entry({ id: old[0] ?? '' }, 0);
    await second.enqueue([again]);
    expect(await second.find(idOf(again))).toMatchObject({ state: 'queued' });
  });

  it('tells who waits in the process how it ended, although nothing is kept', async () => {
    const broker = await harness.open({ history: { maxAgeMs: 0, maxCount: 0 } });
    // Waits for the end of each.
    const ids = await finish(broker, 500);
    expect(ids).toHaveLength(500);
  });
});
