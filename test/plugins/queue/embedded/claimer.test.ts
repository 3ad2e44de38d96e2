// Claiming that fails is said once, not at every try.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Claimer } from '../../../../src/plugins/queue/embedded/claimer.js';
import type { Connection } from '../../../../src/plugins/queue/embedded/connection.js';
import { ControlStore } from '../../../../src/plugins/queue/embedded/control-store.js';
import { openQueueFile } from '../../../../src/plugins/queue/embedded/queue-file.js';
import { Store } from '../../../../src/plugins/queue/embedded/store.js';
import { rememberingLogger } from '../../../support/harness.js';
import { Inbox } from '../../../support/inbox.js';

describe('a claimer that fails', () => {
  let folder: string;
  let connection: Connection;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skep-claimer-'));
    connection = await openQueueFile(folder);
  });
  afterEach(() => {
    connection.close();
    rmSync(folder, { recursive: true });
  });

  it('says so once until it has worked again', () => {
    const { logger, lines } = rememberingLogger();
    const claimer = new Claimer({
      store: new Store(connection),
      control: new ControlStore(connection),
      logger,
      seams: { now: () => 1_000 },
      worker: 'test:1',
      wake: () => {},
      delivery: () => {
        throw new Error('nothing is delivered here');
      },
    });
    const disk = new Error('the disk is full');
    // Without consumers nothing is missed.
    claimer.failed(disk);
    expect(lines).toEqual([]);
    claimer.add({ lanes: ['default'], concurrency: 1, ...new Inbox() });
    claimer.failed(disk);
    claimer.failed(disk);
    expect(lines).toMatchObject([{ level: 'error', fields: { error: disk } }]);
    claimer.close();
  });
});
