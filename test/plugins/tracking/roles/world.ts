// What the suites of the roles share: a database with the tables, a queue that can lose its memory, and the roles on them
// as processes would have them.
import { rm } from 'node:fs/promises';
import type { EntityManager } from 'typeorm';
import type { Envelope } from '../../../../src/core/envelope.js';
import type { Broker } from '../../../../src/core/ports/broker.js';
import { newFence } from '../../../../src/core/run/fence.js';
import { type Seams, systemSeams } from '../../../../src/core/seams.js';
import type { TaskClass } from '../../../../src/core/tasks/task-class.js';
import type { DataSourceProvider } from '../../../../src/datasources/index.js';
import { HandOver } from '../../../../src/plugins/tracking/roles/hand-over.js';
import { Reconciler } from '../../../../src/plugins/tracking/roles/reconciler.js';
import { Relay } from '../../../../src/plugins/tracking/roles/relay.js';
import { SqlExecutionStore } from '../../../../src/plugins/tracking/store/sql-execution-store.js';
import { StoreDatabase } from '../../../../src/plugins/tracking/store/store-database.js';
import type { TestedEngine } from '../../../datasources/support.js';
import { onBothEngines } from '../../../datasources/support.js';
import { relaxed } from '../../../support/damage.js';
import { entry } from '../../../support/executions.js';
import { type LogLine, registryOf, rememberingLogger } from '../../../support/harness.js';
import { RedisServer } from '../../../support/servers/redis-server.js';
import { until } from '../../../support/until.js';
import { BeeQueueHarness } from '../../queue/bee-queue/bee-queue-harness.js';
import { EmbeddedHarness } from '../../queue/embedded/embedded-harness.js';
import { openSources } from '../store/support.js';

export interface TestedQueue {
  /** A further broker on the queue, open. */
  open(): Promise<Broker>;
  /** The queue forgets everything; brokers that are open may not outlive it. */
  lose(): Promise<void>;
  /**
   * Writes into what it has of an execution, past the broker.
   * @param damage a text of Redis, or what is SET in the row of the file.
   * @param place where Redis has it.
   */
  damage(id: string, damage: string, place: 'jobs' | 'finished'): Promise<void>;
  dispose(): Promise<void>;
}

/** A Redis of its own, for it is emptied. */
async function redisQueue(server: RedisServer): Promise<TestedQueue> {
  const harness = new BeeQueueHarness(server.url, 'roles');
  return {
    // None of these suites is about a Redis or a worker that is silent: either may stand still for a while.
    open: () => harness.open({ dispatchTimeout: '1m', stallInterval: '1m' }),
    lose: async () => {
      await harness.redis.flushall();
    },
    damage: async (id, damage, place) => {
      await harness.redis.hset(harness.key('default', place), id, damage);
    },
    dispose: async () => {
      await harness.redis.flushall();
      await harness.dispose();
    },
  };
}

/** Embedded, it is one file; without it the queue begins anew, in another process. */
async function fileQueue(): Promise<TestedQueue> {
  const harness = await EmbeddedHarness.create();
  const open: Broker[] = [];
  return {
    open: async () => {
      const broker = await harness.open();
      open.push(broker);
      return broker;
    },
    lose: async () => {
      for (const broker of open.splice(0)) await broker.close();
      for (const end of ['', '-wal', '-shm']) await rm(`${harness.file}${end}`, { force: true });
    },
    damage: async (id, damage) => {
      harness.sql((file) => file.prepare(`UPDATE executions SET ${damage} WHERE id = ?`).run(id));
    },
    dispose: () => harness.dispose(),
  };
}

/** Declares a suite twice: MariaDB with Redis, and SQLite with the embedded queue. */
export function onBothStacks(
  name: string,
  suite: (engine: TestedEngine, queue: () => TestedQueue) => void,
): void {
  onBothEngines(name, (engine) => {
    let server: RedisServer | undefined;
    let queue: TestedQueue | undefined;
    beforeAll(async () => {
      if (engine.dialect === 'mariadb') server = await RedisServer.create();
    });
    afterAll(() => server?.remove());
    beforeEach(async () => {
      queue = server ? await redisQueue(server) : await fileQueue();
    });
    afterEach(() => queue?.dispose());
    suite(engine, () => {
      if (queue === undefined) throw new Error('no test is running');
      return queue;
    });
  });
}

/** The database of the suite, as tests look into it. */
export class TrackedWorld {
  readonly #provider: DataSourceProvider;

  private constructor(
    provider: DataSourceProvider,
    readonly database: StoreDatabase,
  ) {
    this.#provider = provider;
  }

  static async open(engine: Pick<TestedEngine, 'url'>): Promise<TrackedWorld> {
    const provider = await openSources(engine);
    return new TrackedWorld(provider, new StoreDatabase(provider.application));
  }

  /** A process of its own on the database and a queue. */
  process(broker: Broker, options: ProcessOptions = {}): TestedProcess {
    return new TestedProcess(this, this.#provider, broker, options);
  }

  query<Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.database.use((manager) => manager.query(sql, values));
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** Sets columns of an execution to what no Skep writes. */
  damage(id: string, set: string): Promise<void> {
    return this.database.use((manager, dialect) =>
      relaxed(manager, dialect, `UPDATE execution SET ${set} WHERE id = '${id}'`),
    );
  }

  /** Status by id, of all that there are. */
  async statuses(): Promise<Record<string, string>> {
    const rows = await this.query<{ id: string; status: string }>(
      'SELECT id, status FROM execution',
    );
    return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
  }

  /** Sets a time column back by so many seconds, as if everything had happened earlier. */
  async age(column: 'created_at' | 'completed_at', seconds: number): Promise<void> {
    const earlier =
      this.database.dialect === 'mariadb'
        ? `${column} - INTERVAL ${seconds} SECOND`
        : `strftime('%Y-%m-%d %H:%M:%f000', ${column}, '-${seconds} seconds')`;
    await this.query(`UPDATE execution SET ${column} = ${earlier}`);
  }

  async clear(): Promise<void> {
    for (const table of [
      'execution',
      'execution_attempt',
      'execution_outbox',
      'worker',
      'task_function',
    ]) {
      await this.query(`DELETE FROM ${table}`);
    }
  }

  async close(): Promise<void> {
    await this.#provider.close();
  }
}

export interface ProcessOptions {
  readonly worker?: string;
  readonly tasks?: readonly TaskClass[];
  readonly seams?: Seams;
}

/** Store and roles as one process has them. */
export class TestedProcess {
  readonly store: SqlExecutionStore;
  readonly lines: LogLine[];
  readonly relay: Relay;
  readonly reconciler: Reconciler;
  readonly handOver: HandOver;
  /** What its reconciler takes for the time since the machine was started. */
  clockMs = 0;
  readonly #world: TrackedWorld;
  readonly #broker: Broker;
  readonly #worker: string;

  constructor(
    world: TrackedWorld,
    provider: DataSourceProvider,
    broker: Broker,
    { worker = 'alive:1', tasks = [], seams = systemSeams }: ProcessOptions,
  ) {
    const { logger, lines } = rememberingLogger();
    const { database } = world;
    this.lines = lines;
    this.#world = world;
    this.#broker = broker;
    this.#worker = worker;
    const store = new SqlExecutionStore({
      database: provider.application,
      // The history has suites of its own; the roles do not ask it.
      history: {} as SqlExecutionStore['history'],
      registry: registryOf(...tasks),
      logger,
      seams,
    });
    this.store = store;
    this.handOver = new HandOver({ broker, store, logger, seams, worker });
    const { handOver } = this;
    this.relay = new Relay({ database, handOver, signal: store.outbox, logger });
    this.reconciler = new Reconciler({
      database,
      broker,
      store,
      handOver,
      seams,
      logger,
      monotonic: () => this.clockMs,
    });
  }

  /** Records and queues executions as the dispatcher does. */
  async dispatch(count: number, changes: Partial<Envelope> = {}): Promise<string[]> {
    const entries = Array.from({ length: count }, () => entry({ tracked: true, ...changes }));
    await this.store.pending(entries);
    await this.#broker.enqueue(entries);
    const ids = entries.map(({ envelope }) => envelope.id);
    await this.markQueued(ids);
    return ids;
  }

  /** Records that they are queued, and waits until it is so: the store takes its time for it. */
  async markQueued(ids: readonly string[]): Promise<void> {
    await this.store.queued(ids);
    await until(async () => {
      const rows = await this.#world.query<{ id: string }>(
        "SELECT id FROM execution WHERE status = 'pending'",
      );
      return !rows.some(({ id }) => ids.includes(id));
    });
  }

  /** Has a run begin, of this process; it is going on from then on. */
  async begin(executionId: string, { attempt = 1, startedAt = Date.now() } = {}) {
    const worker = this.#worker;
    const fence = newFence(attempt, systemSeams);
    const run = { executionId, task: 'noop', attempt, worker, fence };
    expect(await this.store.begin(run, startedAt)).toEqual({ kind: 'begun' });
    return run;
  }

  /** Rounds of the reconciler until it has nothing left to look at again; returns how many. */
  async reconcile(): Promise<number> {
    for (let rounds = 1; ; rounds += 1) {
      const nextMs = await this.reconciler.round();
      if (nextMs > 1_000) return rounds;
    }
  }

  /** The database has answered for a while: what it says of other workers can be believed. */
  async settle(): Promise<void> {
    for (let beats = 0; beats < 3; beats += 1) {
      await this.reconciler.round();
      this.clockMs += 8_000;
    }
  }

  messages(level?: LogLine['level']): string[] {
    return this.lines
      .filter((line) => level === undefined || line.level === level)
      .map(({ message }) => message);
  }
}
