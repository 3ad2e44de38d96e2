// The embedded broker's side of the conformance suite: a data folder of its own for every test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Seams } from '../../../../src/core/seams.js';
import { systemSeams } from '../../../../src/core/seams.js';
import { DatabaseSync, type SqliteDatabase } from '../../../../src/core/sqlite-driver.js';
import {
  EmbeddedBroker,
  type EmbeddedBrokerOptions,
} from '../../../../src/plugins/queue/embedded/broker.js';
import { crashHolding } from '../../../conformance/broker/crash-holding.js';
import type { BrokerHarness } from '../../../conformance/broker/harness.js';
import { type LogLine, rememberingLogger } from '../../../support/harness.js';

const holdingScript = new URL('./hold-all-embedded.ts', import.meta.url);

export class EmbeddedHarness implements BrokerHarness {
  readonly hasOneConsumer = true;
  readonly lines: LogLine[];
  readonly #logger;
  readonly #brokers: EmbeddedBroker[] = [];

  private constructor(
    readonly dataDir: string,
    private readonly seams: Pick<Seams, 'now'>,
  ) {
    const { logger, lines } = rememberingLogger();
    this.#logger = logger;
    this.lines = lines;
  }

  static async create(seams: Pick<Seams, 'now'> = systemSeams): Promise<EmbeddedHarness> {
    return new EmbeddedHarness(await mkdtemp(join(tmpdir(), 'skep-embedded-')), seams);
  }

  get file(): string {
    return join(this.dataDir, 'queue.db');
  }

  make(changes: Partial<EmbeddedBrokerOptions> = {}): EmbeddedBroker {
    const broker = new EmbeddedBroker({
      dataDir: this.dataDir,
      logger: this.#logger,
      seams: this.seams,
      worker: 'test:1',
      ...changes,
    });
    this.#brokers.push(broker);
    return broker;
  }

  async open(changes: Partial<EmbeddedBrokerOptions> = {}): Promise<EmbeddedBroker> {
    const broker = this.make(changes);
    await broker.open();
    return broker;
  }

  openSuccessor(): Promise<EmbeddedBroker> {
    return this.open();
  }

  crashHolding(
    queue: string,
    count: number,
    meanwhile?: Parameters<BrokerHarness['crashHolding']>[2],
  ): Promise<string[]> {
    return crashHolding(holdingScript, [this.dataDir, queue, String(count)], count, meanwhile);
  }

  async plant(queue: string, id: string, record: string | Buffer): Promise<void> {
    this.sql((database) =>
      database
        .prepare(
          `INSERT INTO executions (id, queue, task, state, available_at, attempt, dispatched_at, envelope)
           VALUES (?, ?, 'foreign', 'queued', 0, 0, 0, CAST(? AS TEXT))`,
        )
        .run(id, queue, record),
    );
  }

  /** What a query gives in its first column, past the broker. */
  column(sql: string): unknown[] {
    return this.sql((database) => {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return (statement.all() as unknown[][]).map(([value]) => value);
    });
  }

  /** Works on queue.db past the broker, as another program would. */
  sql<T>(work: (database: SqliteDatabase) => T): T {
    const database = new DatabaseSync(this.file, { timeout: 5_000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#brokers.map((broker) => broker.close()));
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
