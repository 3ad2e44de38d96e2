// Group commit: one transaction a turn, durable before it resolves, neighbours that do not harm each other, other writers, a full disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../../../src/plugins/queue/embedded/connection.js';
import { GroupCommit, type Rider } from '../../../../src/plugins/queue/embedded/group-commit.js';

/** Counts transactions and does, or fails, what the test tells it. */
class TestRider implements Rider {
  rode = 0;
  committedTimes = 0;
  rolledBackTimes = 0;
  failures: unknown[] = [];
  wanted = false;
  onRide: () => void = () => {};

  wants(): boolean {
    return this.wanted;
  }
  ride(): void {
    this.rode += 1;
    this.onRide();
  }
  rolledBack(): void {
    this.rolledBackTimes += 1;
  }
  committed(): void {
    this.committedTimes += 1;
  }
  failed(error: unknown): void {
    this.failures.push(error);
  }
}

/** A disk that writes at once, when the test lets it, or not at all. */
class TestDisk {
  syncs = 0;
  #held: Promise<void> = Promise.resolve();

  sync(): Promise<void> {
    this.syncs += 1;
    return this.#held;
  }

  /** Until the function that is returned is called, with an error if it is to fail. */
  hold(): (error?: Error) => void {
    let end: (error?: Error) => void = () => {};
    this.#held = new Promise((resolve, reject) => {
      end = (error) => {
        this.#held = Promise.resolve();
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    return end;
  }
}

/** For a test that waits until the limit is over; others would fail when this process is held up for so long. */
const shortLimitMs = 50;

describe('group commit', () => {
  let folder: string;
  let connection: Connection;
  let rider: TestRider;
  let disk: TestDisk;
  let group: GroupCommit;
  let insert: (n: number, filler?: string) => number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-group-'));
    connection = new Connection(join(folder, 'test.db'));
    connection.pragma('journal_mode = WAL');
    connection.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY, filler TEXT)');
    const statement = connection.change('INSERT INTO numbers VALUES (?, ?)');
    insert = (n, filler = '') => statement(n, filler);
    rider = new TestRider();
    disk = new TestDisk();
    group = new GroupCommit({ connection, rider, sync: () => disk.sync() });
  });
  afterEach(async () => {
    await group.close();
    connection.close();
    rmSync(folder, { recursive: true });
  });

  /** What another process sees, which is what is committed. */
  const committed = (): number[] => {
    const other = new Connection(connection.path);
    const rows = other.select('SELECT n FROM numbers ORDER BY n')();
    other.close();
    return rows.map(([n]) => Number(n));
  };

  /** Another process that holds the file for writing until it is released. */
  const otherWriter = (): { release(): void } => {
    const other = new Connection(connection.path);
    other.exec('BEGIN IMMEDIATE');
    return {
      release: () => {
        other.exec('ROLLBACK');
        other.close();
      },
    };
  };

  it('resolves when the disk has written, while the rider need not wait', async () => {
    const written = disk.hold();
    const resolved: string[] = [];
    const inserted = group.add(() => insert(1)).then(() => resolved.push('inserted'));
    const again = group.add(() => insert(1)).catch(() => resolved.push('refused'));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(committed()).toEqual([1]);
    expect(rider.committedTimes).toBe(1);
    expect(resolved).toEqual([]);
    const closing = group.close().then(() => resolved.push('closed'));
    await new Promise(setImmediate);
    expect(resolved).toEqual([]);
    written();
    await Promise.all([inserted, again, closing]);
    expect(resolved).toEqual(['inserted', 'refused', 'closed']);
  });

  it('rejects what the disk could not write', async () => {
    const written = disk.hold();
    const inserted = group.add(() => insert(1));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const error = new Error('the disk is gone');
    written(error);
    await expect(inserted).rejects.toBe(error);
    await group.add(() => insert(2));
  });

  it('stops riding while the disk hangs, and goes on when it has written', async () => {
    const written = disk.hold();
    const inserted: Promise<number>[] = [];
    let rides = 0;
    rider.onRide = () => {
      rides += 1;
    };
    for (let n = 0; n < 30; n += 1) {
      inserted.push(group.add(() => insert(n)));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    expect(rider.committedTimes).toBe(30);
    expect(rides).toBe(16);
    rider.wanted = true;
    group.wake();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(rides).toBe(16);
    written();
    await Promise.all(inserted);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(rides).toBe(17);
  });

  it('asks the disk for nothing when there was nothing to keep but claims', async () => {
    rider.wanted = true;
    group.wake();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(rider.committedTimes).toBe(1);
    expect(disk.syncs).toBe(0);
  });

  it('puts the operations of one turn into one transaction', async () => {
    const seen: number[][] = [];
    const add = async (n: number): Promise<void> => {
      await group.add(() => insert(n));
      seen.push(committed());
    };
    await Promise.all([add(1), add(2), add(3)]);
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(rider.rode).toBe(1);
    await add(4);
    expect(rider.rode).toBe(2);
  });

  it('returns what each operation returned', async () => {
    expect(await Promise.all([group.add(() => 'a'), group.add(() => insert(1))])).toEqual(['a', 1]);
  });

  it('fails one operation without its neighbours', async () => {
    const results = await Promise.allSettled([
      group.add(() => insert(1)),
      group.add(() => insert(1)),
      group.add(() => {
        throw new Error('own mistake');
      }),
      group.add(() => insert(2)),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(committed()).toEqual([1, 2]);
    expect(rider.rode).toBe(1);
  });

  it('does all of a compound operation or nothing', async () => {
    const compound = group.add(
      () => {
        insert(1);
        insert(2);
        insert(2);
      },
      { compound: true },
    );
    const neighbour = group.add(() => insert(3));
    await expect(compound).rejects.toThrow();
    await neighbour;
    expect(committed()).toEqual([3]);
  });

  it('commits the small neighbours of what is too large for the disk, and goes on when there is space', async () => {
    const pages = Number(connection.pragma('page_count'));
    connection.pragma(`max_page_count = ${pages + 5}`);
    const large = 'x'.repeat(200_000);
    const results = await Promise.allSettled([
      group.add(() => insert(1)),
      group.add(() => insert(2, large)),
      group.add(() => insert(3)),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'SKEP_DATA_DIR_UNUSABLE' } },
      { status: 'fulfilled' },
    ]);
    expect(committed()).toEqual([1, 3]);

    connection.pragma(`max_page_count = ${pages + 500}`);
    await group.add(() => insert(2, large));
    expect(committed()).toEqual([1, 2, 3]);
  });

  it('waits for another writer without blocking the event loop', async () => {
    const other = otherWriter();
    let isDone = false;
    const inserted = group
      .add(() => insert(1))
      .then(() => {
        isDone = true;
      });
    // Far more turns than the group needs to find the file taken.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(isDone).toBe(false);
    const later = group.add(() => insert(2));
    other.release();
    await Promise.all([inserted, later]);
    expect(committed()).toEqual([1, 2]);
    expect(rider.failures).toEqual([]);
  });

  it('gives up on a writer that never lets go, and works again when it has', async () => {
    await group.close();
    const sync = (): Promise<void> => disk.sync();
    group = new GroupCommit({ connection, rider, sync, busyLimitMs: shortLimitMs });
    const other = otherWriter();
    const results = await Promise.allSettled([
      group.add(() => insert(1)),
      group.add(() => insert(2)),
    ]);
    expect(results).toMatchObject([
      { reason: { code: 'SKEP_DATA_DIR_UNUSABLE' } },
      { reason: { code: 'SKEP_DATA_DIR_UNUSABLE' } },
    ]);
    expect(rider.failures).toHaveLength(1);
    other.release();
    await group.add(() => insert(3));
    expect(committed()).toEqual([3]);
  });

  it('commits operations without the rider when the rider fails', async () => {
    rider.onRide = () => {
      throw new Error('claiming failed');
    };
    await Promise.all([group.add(() => insert(1)), group.add(() => insert(2))]);
    expect(committed()).toEqual([1, 2]);
    expect(rider.failures).toMatchObject([{ message: 'claiming failed' }]);
    expect(rider).toMatchObject({ rode: 1, rolledBackTimes: 1, committedTimes: 2 });
  });

  it('begins no transaction when it is woken for nothing', async () => {
    group.wake();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(rider.rode).toBe(0);
    rider.wanted = true;
    group.wake();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(rider.committedTimes).toBe(1);
  });

  it('commits what was added before close, also when another process writes, and refuses what comes after', async () => {
    const other = otherWriter();
    const inserted = group.add(() => insert(1));
    const closing = group.close();
    await expect(group.add(() => insert(2))).rejects.toMatchObject({ code: 'SKEP_BROKER_CLOSED' });
    other.release();
    await Promise.all([inserted, closing]);
    expect(committed()).toEqual([1]);
  });
});
