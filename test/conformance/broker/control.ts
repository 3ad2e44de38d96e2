// What workers tell of themselves, and what a broker tells of its store.
import type { WorkerStatus } from '../../../src/core/ports/control.js';
import { workerStatus } from '../../support/executions.js';
import { until } from '../../support/until.js';
import type { CurrentHarness } from './harness.js';

export function controlTests(harness: CurrentHarness): void {
  it('keeps what a worker of a newer version tells beside, and takes one of an older that tells less', async () => {
    const broker = await harness().open();
    const newer = { ...workerStatus({ id: 'a:1' }), mood: 'good' };
    const { queues, tasks, envelopeVersion, ...older } = workerStatus({ id: 'b:2' });
    const damaged = { ...workerStatus({ id: 'c:3' }), queues: 'all', running: [{ task: 1 }] };
    for (const status of [newer, older, damaged]) {
      await broker.announce(status as WorkerStatus, 60_000);
    }
    expect(await broker.workers()).toEqual([
      newer,
      { ...older, queues: [] },
      { ...damaged, queues: [], running: [] },
    ]);
  });

  it('shows what workers announced, the latest of each, by id, to every process', async () => {
    const [one, other] = [await harness().open(), await harness().open()];
    expect(await one.workers()).toEqual([]);
    const second = workerStatus({ id: 'host:2', state: 'draining' });
    await one.announce(second, 60_000);
    await other.announce(workerStatus({ id: 'host:1', finished: 1 }), 60_000);
    const first = workerStatus({ id: 'host:1', finished: 2, running: [] });
    await other.announce(first, 60_000);
    expect(await one.workers()).toEqual([first, second]);
    expect(await other.workers()).toEqual([first, second]);
  });

  it('forgets a worker that withdraws, and no other', async () => {
    const [one, other] = [await harness().open(), await harness().open()];
    await one.withdraw();
    const staying = workerStatus({ id: 'stays' });
    await one.announce(workerStatus({ id: 'leaves' }), 60_000);
    await other.announce(staying, 60_000);
    await one.withdraw();
    await one.withdraw();
    expect(await other.workers()).toEqual([staying]);
  });

  it('forgets a worker that has not been heard of for as long as it said', async () => {
    const broker = await harness().open();
    const announcedAt = Date.now();
    await broker.announce(workerStatus(), 300);
    const long = workerStatus({ id: 'long' });
    await broker.announce(long, 60_000);
    await until(async () => (await broker.workers()).length === 1);
    expect(Date.now() - announcedAt).toBeGreaterThanOrEqual(250);
    expect(await broker.workers()).toEqual([long]);
  });

  it('tells where its store is', async () => {
    const broker = await harness().open();
    const { found, warnings } = await broker.examine();
    expect(found).not.toBe('');
    for (const warning of warnings) {
      expect(warning).toEqual({ message: expect.any(String), remedy: expect.any(String) });
    }
  });
}
