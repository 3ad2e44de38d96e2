// Writing through: the log of the open database and no other file, and one write for all who came before it.
import { fstatSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskSync } from '../../../../src/plugins/queue/embedded/disk-sync.js';
import { openQueueFile } from '../../../../src/plugins/queue/embedded/queue-file.js';

describe('writing through to the disk', () => {
  let folder: string;
  let disk: DiskSync;
  let writes: { readonly inode: number; readonly done: (error?: Error) => void }[];
  let close: () => void;
  beforeEach(async () => {
    writes = [];
    folder = mkdtempSync(join(tmpdir(), 'skep-disk-'));
    const connection = await openQueueFile(folder);
    // Noted, and ended by the test.
    const noted = (file: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const done = (error?: Error): void => (error ? reject(error) : resolve());
        writes.push({ inode: fstatSync(file).ino, done });
      });
    disk = new DiskSync(connection.path, noted);
    close = () => connection.close();
  });
  afterEach(() => {
    disk.close();
    close();
    rmSync(folder, { recursive: true });
  });

  const turn = (): Promise<void> => new Promise(setImmediate);

  it('writes the log of the database, at once', () => {
    void disk.sync();
    expect(writes.map(({ inode }) => inode)).toEqual([statSync(join(folder, 'queue.db-wal')).ino]);
  });

  it('serves all that come during a write with one more', async () => {
    const resolved: string[] = [];
    const first = disk.sync().then(() => resolved.push('first'));
    const second = disk.sync().then(() => resolved.push('second'));
    const third = disk.sync().then(() => resolved.push('third'));
    await turn();
    expect(writes).toHaveLength(1);
    writes[0]?.done();
    await turn();
    // What was committed during the first write may not be in it.
    expect(resolved).toEqual(['first']);
    expect(writes).toHaveLength(2);
    const fourth = disk.sync().then(() => resolved.push('fourth'));
    writes[1]?.done();
    await turn();
    expect(resolved).toEqual(['first', 'second', 'third']);
    expect(writes).toHaveLength(3);
    writes[2]?.done();
    await Promise.all([first, second, third, fourth]);
  });

  it('says that a write failed to those it was for, and works for the next', async () => {
    const first = disk.sync();
    const second = disk.sync();
    writes[0]?.done(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    await expect(first).rejects.toMatchObject({ code: 'SKEP_DATA_DIR_UNUSABLE' });
    await turn();
    writes[1]?.done();
    await second;
  });
});
