// The statements: what a job costs does not depend on how many wait, and a claim is bound to its fence.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../../../src/plugins/queue/embedded/connection.js';
import { entryOf } from '../../../../src/plugins/queue/embedded/entry.js';
import { openQueueFile } from '../../../../src/plugins/queue/embedded/queue-file.js';
import { Store } from '../../../../src/plugins/queue/embedded/store.js';
import { entries, entry, report } from '../../../support/executions.js';

const written = { attempt: 1, json: JSON.stringify(report()) };

describe('the store of the embedded queue', () => {
  let folder: string;
  let connection: Connection;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skep-store-'));
    connection = await openQueueFile(folder);
    store = new Store(connection);
  });
  afterEach(() => {
    connection.close();
    rmSync(folder, { recursive: true });
  });

  const queueMany = (count: number): void => {
    connection.exec('BEGIN');
    for (const each of entries(count)) store.insert(entryOf(each));
    connection.exec('COMMIT');
  };

  /** What some work takes by SQLite's own account of all statements of the connection: steps, scans, sorts. */
  function costOf(work: () => void): number[] {
    const account = connection.select(
      "SELECT sum(nstep), sum(nscan), sum(nsort) FROM sqlite_stmt WHERE sql NOT LIKE '%sqlite_stmt%'",
    );
    const before = account()[0] ?? [];
    work();
    const after = account()[0] ?? [];
    return after.map((value, index) => Number(value) - Number(before[index]));
  }

  function oneJob(): void {
    store.insert(entryOf(entry()));
    const [claim] = store.claim('default', 1, 'w', Date.now());
    if (claim === undefined) throw new Error('nothing was claimed');
    store.firstDue('default');
    store.finish(claim, 'success', written, Date.now());
  }

  it('takes as many steps for a job with many waiting as with few, and never scans or sorts', () => {
    queueMany(10);
    const few = costOf(oneJob);
    queueMany(5_000);
    expect(costOf(oneJob)).toEqual(few);
    expect(few.slice(1)).toEqual([0, 0]);
  });

  it('sees that all is done without reading the history', () => {
    const isDone = (): void => expect(store.hasUnfinished()).toBe(false);
    oneJob();
    const short = costOf(isDone);
    for (let n = 0; n < 100; n += 1) oneJob();
    expect(costOf(isDone)).toEqual(short);
  });

  it('ends a claim under its own fence only', () => {
    queueMany(1);
    const now = Date.now();
    const [claim] = store.claim('default', 1, 'w', now);
    if (claim === undefined) throw new Error('nothing was claimed');
    const entryAgain = entryOf(entry());
    for (const foreign of [
      { ...claim, fence: claim.fence - 1 },
      { ...claim, fence: claim.fence + 1 },
      { ...claim, id: 'another' },
      { ...claim, seq: claim.seq + 1 },
    ]) {
      expect(store.finish(foreign, 'failed', written, now)).toBe(false);
      expect(store.retry(foreign, entryAgain, written)).toBe(false);
      expect(store.handBack(foreign, now)).toBe(false);
    }
    expect(store.find(claim.id)).toMatchObject({ state: 'running' });
    expect(store.finish(claim, 'success', written, now)).toBe(true);
    expect(store.finish(claim, 'failed', written, now)).toBe(false);
    expect(store.find(claim.id)).toMatchObject({ state: 'success' });
  });

  it('does not take what was claimed again after a crash for the old claim', () => {
    queueMany(1);
    const [dead] = store.claim('default', 1, 'w', Date.now());
    expect(store.recoverCrashed(Date.now())).toBe(1);
    const [living] = store.claim('default', 1, 'w', Date.now());
    if (dead === undefined || living === undefined) throw new Error('nothing was claimed');
    expect(living).toMatchObject({ id: dead.id, crashes: 1 });
    expect(store.finish(dead, 'failed', written, Date.now())).toBe(false);
    expect(store.finish(living, 'success', written, Date.now())).toBe(true);
  });
});
