// Two versions of a plugin side by side on Redis, as while a deploy renews one worker after the other: rolled out, and rolled
// back. Each worker is a process of its own. Nothing is quarantined while a worker that knows it is alive or may come.
import { fileURLToPath } from 'node:url';
import { describeWithRedis, freshRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { FaultSite, patientRedis } from './fault-site.js';

const pathOf = (module: string): string => fileURLToPath(new URL(module, import.meta.url));
const plugins = { old: pathOf('./rolling-old-plugin.ts'), new: pathOf('./rolling-new-plugin.ts') };

describeWithRedis('workers of two versions', () => {
  const redis = freshRedis('rolling');

  const siteOf = (version: 'old' | 'new', unknownTaskTimeout: string): Promise<FaultSite> =>
    FaultSite.create({
      redisUrl: redis.url,
      config: {
        plugins: [plugins[version]],
        redis: { ...patientRedis, prefix: redis.prefix },
        worker: { unknownTaskTimeout },
      },
    });

  const some = (count: number): Record<string, never>[] => Array(count).fill({});

  it('share a queue: each does what it knows, through roll-out and roll-back', async () => {
    await using before = await siteOf('old', '2m');
    await using after = await siteOf('new', '2m');
    const oldWorker = before.startWorker();
    await oldWorker.ready;

    // The deploy begins: what only the new version knows is dispatched while no worker knows it.
    const added = await after.dispatchAll('added', some(3));
    await until(async () =>
      (await after.views(added)).every((view) => view?.unknownSince !== undefined),
    );
    expect(await after.notIn('queued', added)).toEqual([]);
    let newWorker = after.startWorker();
    await newWorker.ready;

    // Side by side.
    const removed = await before.dispatchAll('removed', some(3));
    const kept = await before.dispatchAll('kept', some(20));
    await after.broker.waitForEmpty();
    await expectDone(after, added, 'new');
    await expectDone(after, removed, 'old');
    expect(await after.notIn('success', kept)).toEqual([]);

    // The new version is taken back, and comes again.
    await newWorker.kill();
    const waiting = await after.dispatchAll('added', some(2));
    await until(async () =>
      (await after.views(waiting)).every((view) => view?.unknownSince !== undefined),
    );
    newWorker = after.startWorker();
    await newWorker.ready;
    await oldWorker.kill();
    await after.broker.waitForEmpty();
    await expectDone(after, waiting, 'new');
  }, 240_000);

  it('quarantine what none of them knows when its time is over, with the reason', async () => {
    await using before = await siteOf('old', '2s');
    await using after = await siteOf('new', '2s');
    await before.startWorker().ready;
    const [id = ''] = await after.dispatchAll('added', some(1));
    const view = await after.broker.waitForFinal(id);
    expect(view).toMatchObject({
      ...{ state: 'quarantined', crashes: 0, attempt: 1 },
      error: {
        code: 'SKEP_TASK_UNKNOWN',
        message: expect.stringMatching(/"added".*no worker that knows it has come within 2/),
      },
    });
    const warnings = before.workerLog().filter((line) => line.includes('waits for a worker'));
    expect(warnings).toHaveLength(1);
  }, 120_000);

  async function expectDone(site: FaultSite, ids: readonly string[], version: string) {
    for (const view of await site.views(ids)) {
      expect(view).toMatchObject({
        ...{ state: 'success', crashes: 0, attempt: 1 },
        result: { version, attempt: 1 },
      });
      expect(view).not.toHaveProperty('unknownSince');
    }
  }
});
