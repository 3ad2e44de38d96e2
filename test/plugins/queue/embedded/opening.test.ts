// Opening a data folder: what cannot be used is said, and nothing is written into what is not ours.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entries, entry, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { EmbeddedHarness } from './embedded-harness.js';

describe('opening the embedded queue', () => {
  let harness: EmbeddedHarness;
  beforeEach(async () => {
    harness = await EmbeddedHarness.create();
  });
  afterEach(() => harness.dispose());

  it('makes the folder and everything above it', async () => {
    const broker = await harness.open({ dataDir: join(harness.dataDir, 'a', 'b') });
    await broker.enqueue([entry()]);
    expect(await broker.list({ limit: 1 })).toHaveLength(1);
  });

  it('lets many processes create the queue at the same time', async () => {
    const brokers = Array.from({ length: 8 }, () => harness.make());
    await Promise.all(brokers.map((broker) => broker.open()));
    await Promise.all(brokers.map((broker) => broker.enqueue(entries(3))));
    expect(await brokers[0]?.list({ limit: 100 })).toHaveLength(24);
  });

  it('says that a folder cannot be made', async () => {
    const file = join(harness.dataDir, 'a-file');
    writeFileSync(file, '');
    for (const dataDir of [file, join(file, 'below')]) {
      await expect(harness.open({ dataDir })).rejects.toMatchObject({
        code: 'SKEP_DATA_DIR_UNUSABLE',
        message: expect.stringContaining(dataDir),
      });
    }
  });

  it.each([
    ['text', () => Buffer.from('this is not a database, only a file of the same name'.repeat(99))],
    [
      'a damaged database',
      (sound: Buffer) => Buffer.concat([sound.subarray(0, 100), Buffer.alloc(sound.length, 0xab)]),
    ],
  ])('says that queue.db is %s, and leaves it alone', async (_, damage) => {
    const broker = await harness.open();
    await broker.close();
    harness.sql((database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    const damaged = damage(readFileSync(harness.file));
    const dataDir = join(harness.dataDir, 'damaged');
    const file = join(dataDir, 'queue.db');
    mkdirSync(dataDir);
    writeFileSync(file, damaged);
    await expect(harness.open({ dataDir })).rejects.toMatchObject({
      code: 'SKEP_DATABASE_FILE',
      message: expect.stringContaining(file),
    });
    expect(readFileSync(file)).toEqual(damaged);
  });

  it('says that queue.db is a folder', async () => {
    mkdirSync(harness.file);
    await expect(harness.open()).rejects.toMatchObject({ code: 'SKEP_DATABASE_FILE' });
  });

  it("refuses another program's database, and writes nothing into it", async () => {
    harness.sql((database) => database.exec('CREATE TABLE invoices (id)'));
    const before = readFileSync(harness.file);
    await expect(harness.open()).rejects.toMatchObject({ code: 'SKEP_DATABASE_FILE' });
    expect(readFileSync(harness.file)).toEqual(before);
  });

  it('refuses a queue of a newer Skep', async () => {
    const broker = await harness.open();
    await broker.close();
    harness.sql((database) => database.exec('PRAGMA user_version = 99'));
    await expect(harness.open()).rejects.toMatchObject({
      code: 'SKEP_SCHEMA_NEWER',
      message: expect.stringContaining('99'),
    });
  });

  it('brings a queue of the first version up, with all that is in it', async () => {
    const first = await harness.open();
    const queued = entry();
    await first.enqueue([queued]);
    await first.close();
    harness.sql((database) =>
      database.exec(`
        DROP TABLE unique_keys; DROP TABLE paused_queues; DROP TABLE workers;
        ALTER TABLE executions DROP COLUMN cancelled;
        PRAGMA user_version = 1;
      `),
    );
    const broker = await harness.open();
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'queued' });
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    expect(delivery).toMatchObject({ id: idOf(queued), cancelled: false });
    expect(await broker.cancel(idOf(queued))).toBe('requested');
  });
});
