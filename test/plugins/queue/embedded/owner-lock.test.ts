// One process owns a data folder; who that is can be read, and the lock goes with its process.
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ConsumeOptions } from '../../../../src/core/ports/broker.js';
import { entryOf } from '../../../../src/plugins/queue/embedded/entry.js';
import { openQueueFile } from '../../../../src/plugins/queue/embedded/queue-file.js';
import { Store } from '../../../../src/plugins/queue/embedded/store.js';
import { entries, entry } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { EmbeddedHarness } from './embedded-harness.js';

const options: ConsumeOptions = { lanes: ['default'], concurrency: 1, ...new Inbox() };

describe('the owner of a data folder', () => {
  let harness: EmbeddedHarness;
  beforeEach(async () => {
    harness = await EmbeddedHarness.create();
  });
  afterEach(() => harness.dispose());

  const ownerFile = (): string => join(harness.dataDir, 'owner.json');

  it('is named to who comes second: process, host, since when', async () => {
    const before = Date.now();
    const [owner, second] = [await harness.open(), await harness.open()];
    await owner.consume(options);
    const refused = await second.consume(options).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'SKEP_DATA_DIR_IN_USE',
      details: { pid: process.pid, host: hostname(), since: expect.any(String) },
    });
    const { message, details } = refused as Error & { details: { since: string } };
    expect(message).toContain(`process ${process.pid} on ${hostname()} since ${details.since}`);
    expect(Date.parse(details.since)).toBeGreaterThanOrEqual(before);
  });

  it('is one of many that come at the same moment', async () => {
    const brokers = await Promise.all(Array.from({ length: 6 }, () => harness.open()));
    const results = await Promise.allSettled(brokers.map((broker) => broker.own()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = results.filter(({ status }) => status === 'rejected');
    for (const each of refused) {
      expect(each).toMatchObject({ reason: { code: 'SKEP_DATA_DIR_IN_USE' } });
    }
  });

  it('says which runs died with the last one', async () => {
    // What a process leaves that dies at work: claims without an owner.
    const connection = await openQueueFile(harness.dataDir);
    const store = new Store(connection);
    const dead = entries(25);
    for (const each of dead) store.insert(entryOf(each));
    store.claim('default', 25, 'the last one', Date.now());
    connection.close();
    await (await harness.open()).own();
    const named = dead.slice(0, 20).map(({ envelope }) => `${envelope.task} ${envelope.id}`);
    expect(harness.lines).toContainEqual(
      expect.objectContaining({
        message: 'runs died with the last process, queued again',
        fields: expect.objectContaining({ crashed: 25, executions: named }),
      }),
    );
  });

  it('is only who consumes', async () => {
    const broker = await harness.open();
    await broker.enqueue([entry()]);
    await broker.queues();
    expect(() => readFileSync(ownerFile())).toThrow('ENOENT');
  });

  it('is kept out by the lock, whatever owner.json says', async () => {
    const [owner, second] = [await harness.open(), await harness.open()];
    await owner.consume(options);
    writeFileSync(ownerFile(), '{ not json');
    await expect(second.consume(options)).rejects.toMatchObject({
      code: 'SKEP_DATA_DIR_IN_USE',
      message: expect.stringContaining('another process'),
    });
  });

  it('is free again after kill -9, although owner.json still names the dead', async () => {
    const broker = await harness.open();
    await broker.enqueue([entry()]);
    await harness.crashHolding('default', 1);
    expect(JSON.parse(readFileSync(ownerFile(), 'utf8'))).not.toMatchObject({ pid: process.pid });
    await broker.consume(options);
    expect(JSON.parse(readFileSync(ownerFile(), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(harness.lines).toMatchObject([{ level: 'warn', fields: { crashed: 1 } }]);
  });

  it('leaves no owner.json behind', async () => {
    const owner = await harness.open();
    await owner.consume(options);
    await owner.close();
    expect(() => readFileSync(ownerFile())).toThrow('ENOENT');
  });
});
