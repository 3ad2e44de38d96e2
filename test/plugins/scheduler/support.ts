// What the suites of the scheduler share: runtimes on one database, whose clock the test holds, and what rows say.
import { BrokerDispatcher } from '../../../src/core/dispatch/broker-dispatcher.js';
import { systemSeams } from '../../../src/core/seams.js';
import type { TaskOverride } from '../../../src/core/tasks/option-schemas.js';
import { TaskRegistry } from '../../../src/core/tasks/registry.js';
import type { TaskClass } from '../../../src/core/tasks/task-class.js';
import {
  type ApplicationDatabase,
  ConnectionError,
  migrations,
} from '../../../src/datasources/index.js';
import { Schedule, type ScheduleOptions, Task, type TaskOptions } from '../../../src/index.js';
import { assemble } from '../../../src/plugins/scheduler/assemble.js';
import type { Schedules } from '../../../src/plugins/scheduler/index.js';
import { CreateScheduleTable1767312060000 } from '../../../src/plugins/scheduler/migrations/create-schedule-table.js';
import type { Scheduler } from '../../../src/plugins/scheduler/scheduler.js';
import {
  type Sender,
  StoreDatabase,
  type StoreDialect,
} from '../../../src/plugins/tracking/index.js';
import { trackingMigrations } from '../../../src/plugins/tracking/migrations/index.js';
import { install, type TestedEngine } from '../../datasources/support.js';
import { type LogLine, rememberingLogger } from '../../support/harness.js';
import { storeOn } from '../tracking/store/support.js';

/** A clock that all runtimes of a test share, as they share that of the database. */
export class TestClock {
  constructor(public now: number = Date.parse('2026-03-02T10:00:00Z')) {}

  set(iso: string): void {
    this.now = Date.parse(iso);
  }

  advance(ms: number): void {
    this.now += ms;
  }
}

/** A task with schedules. */
export function scheduled(code: string, ...schedules: ScheduleOptions[]): TaskClass {
  return scheduledWith({ code }, ...schedules);
}

export function scheduledWith(task: TaskOptions, ...schedules: ScheduleOptions[]): TaskClass {
  class Scheduled {
    run(): void {}
  }
  // From the one next to the class upwards, as decorators are applied.
  for (const options of schedules.toReversed()) Schedule(options)(Scheduled);
  Task(task)(Scheduled);
  return Scheduled;
}

export interface Runtime {
  readonly scheduler: Scheduler;
  readonly schedules: Schedules;
  readonly lines: readonly LogLine[];
  /** Brings declared schedules up to date, and begins nothing. */
  boot(): Promise<void>;
  /** Holds the row of a schedule while something else is done. */
  hold(name: string, meanwhile: () => Promise<void>): Promise<void>;
  /** Whether its database can be reached. */
  reachable: boolean;
  query<Row>(sql: string): Promise<Row[]>;
  /** What the scheduler reads. */
  reading<T>(work: (sender: Sender, dialect: StoreDialect) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** One runtime on the database of the suite. Rounds are done by hand. */
export async function runtimeOn(
  { url }: Pick<TestedEngine, 'url'>,
  clock: TestClock,
  tasks: readonly TaskClass[],
  overrides: Readonly<Record<string, TaskOverride>> = {},
): Promise<Runtime> {
  const { provider } = install({
    environment: { MARIA_URL: url() },
    plugins: [
      { name: 'tracking', contributes: [migrations(trackingMigrations)] },
      { name: 'scheduler', contributes: [migrations([CreateScheduleTable1767312060000])] },
    ],
  });
  await provider.migrator.run();
  const { registry, problems } = TaskRegistry.build([{ plugin: 'test', tasks }], overrides);
  if (problems.length > 0) throw new AggregateError(problems, problems.join('\n'));
  const { logger, lines } = rememberingLogger();
  const { store } = storeOn(provider.application, ...tasks);
  const dispatcher = new BrokerDispatcher({
    registry,
    broker: {
      now: Date.now,
      enqueue: async (entries) => entries.map(({ envelope }) => envelope.id),
    },
    waitForFinal: () => Promise.reject(new Error('nobody waits')),
    tracker: store,
    logger,
    seams: systemSeams,
    payloadLimitBytes: 1024 * 1024,
  });
  const { application: database } = provider;
  const link = { reachable: true };
  const { scheduler, schedules } = assemble({
    database: breakable(database, link),
    registry,
    dispatcher,
    logger,
    seams: { ...systemSeams, random: () => 0.5 },
    options: { zone: 'UTC' },
    clock: () => clock.now,
  });
  return Object.assign(link, {
    scheduler,
    schedules,
    lines,
    boot: () => scheduler.bringUpToDate(),
    query: <Row>(sql: string) =>
      database.use(async (manager) => (await manager.query(sql)) as Row[]),
    reading: <T>(work: (sender: Sender, dialect: StoreDialect) => Promise<T>) =>
      new StoreDatabase(database).use(work),
    hold: (name: string, meanwhile: () => Promise<void>) =>
      database.transaction(async (manager) => {
        await manager.query('SELECT id FROM schedule WHERE name = ? FOR UPDATE', [name]);
        await meanwhile();
      }),
    async close() {
      await scheduler.stop();
      await store.close();
      await provider.close();
    },
  });
}

/** The database, as long as there is a link to it. */
function breakable(
  database: ApplicationDatabase,
  link: { readonly reachable: boolean },
): ApplicationDatabase {
  const away = () => Promise.reject(new ConnectionError('SKEP_CONNECT_FAILED', 'it is away'));
  return {
    name: database.name,
    dialect: database.dialect,
    callerExcludesWriters: false,
    use: (work) => (link.reachable ? database.use(work) : away()),
    transaction: (work) => (link.reachable ? database.transaction(work) : away()),
  };
}

interface TickRow {
  readonly status: string;
  readonly tick: Date | string;
  readonly available: Date | string;
  readonly code: string | null;
}

const iso = (time: Date | string): string =>
  (time instanceof Date ? time.toISOString() : `${time.slice(0, 19).replace(' ', 'T')}.000Z`)
    .replace('.000Z', 'Z')
    .slice(11);

/** The executions of a schedule as `10:05:00Z pending` or `10:05:00Z skipped SKEP_TICK_MISSED`, by their times. */
export async function ticksOf(runtime: Runtime, name: string): Promise<string[]> {
  const rows = await runtime.query<TickRow>(
    `SELECT status, scheduled_for AS tick, available_at AS available, error_code AS code
      FROM execution WHERE schedule = '${name}' ORDER BY scheduled_for`,
  );
  return rows.map(({ status, tick, code }) =>
    [iso(tick), status, ...(code === null ? [] : [code])].join(' '),
  );
}
