// The statements: what a job costs does not depend on how many wait, and a claim is bound to its fence.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Connection,
  type Row,
  type SqlValue,
} from '../../../../src/plugins/queue/embedded/connection.js';
import { entryOf } from '../../../../src/plugins/queue/embedded/entry.js';
import { openQueueFile } from '../../../../src/plugins/queue/embedded/queue-file.js';
import { Store } from '../../../../src/plugins/queue/embedded/store.js';
import { entries, entry, report } from '../../../support/executions.js';

/** Knows which statements were used. */
class WatchedConnection extends Connection {
  readonly used = new Set<string>();

  override change(sql: string): (...values: SqlValue[]) => number {
    const run = super.change(sql);
    return (...values) => {
      this.used.add(sql);
      return run(...values);
    };
  }

  override select(sql: string): (...values: SqlValue[]) => Row[] {
    const all = super.select(sql);
    return (...values) => {
      this.used.add(sql);
      return all(...values);
    };
  }

  planOf(sql: string): Row[] {
    return super.select(`EXPLAIN QUERY PLAN ${sql}`)();
  }
}

const written = { attempt: 1, json: JSON.stringify(report()) };

describe('the store of the embedded queue', () => {
  let folder: string;
  let connection: WatchedConnection;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skep-store-'));
    const opened = await openQueueFile(folder);
    opened.close();
    connection = new WatchedConnection(opened.path);
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

  /** How SQLite carries out the statements that some work uses. */
  function plansOf(work: () => void): string[] {
    connection.used.clear();
    work();
    const plans = [...connection.used].map((sql) =>
      connection.planOf(sql).map((step) => String(step[3])),
    );
    return plans.flat();
  }

  function oneJob(): void {
    store.insert(entryOf(entry()));
    const [claim] = store.claim('default', 1, 'w', Date.now());
    if (claim === undefined) throw new Error('nothing was claimed');
    store.firstDue('default');
    store.finish(claim, 'success', written, Date.now());
  }

  it('finds what a job needs by an index, and never scans or sorts the others', () => {
    queueMany(100);
    const plans = plansOf(oneJob);
    expect(plans.length).toBeGreaterThan(3);
    expect(plans.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });

  it('sees that all is done without reading the history', () => {
    oneJob();
    const plans = plansOf(() => expect(store.hasUnfinished()).toBe(false));
    const scanned = plans.filter((step) => step.startsWith('SCAN executions'));
    // Both indexes hold unfinished executions only.
    expect(scanned).toEqual([
      'SCAN executions USING INDEX executions_waiting',
      'SCAN executions USING COVERING INDEX executions_running',
    ]);
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
