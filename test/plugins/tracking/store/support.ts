// What the suites of the store share: a store on a database of its own, what is said of runs, and what rows say.
import type { Envelope } from '../../../../src/core/envelope.js';
import type { AttemptReport } from '../../../../src/core/execution.js';
import type { ExecutionHistory } from '../../../../src/core/ports/execution-history.js';
import type { PendingExecution, TrackedAttempt } from '../../../../src/core/ports/tracker.js';
import { firstFence } from '../../../../src/core/run/fence.js';
import type { TaskClass } from '../../../../src/core/tasks/task-class.js';
import { type ApplicationDatabase, migrations } from '../../../../src/datasources/index.js';
import { trackingMigrations } from '../../../../src/plugins/tracking/migrations/index.js';
import { SqlExecutionStore } from '../../../../src/plugins/tracking/store/sql-execution-store.js';
import { install, type TestedEngine } from '../../../datasources/support.js';
import { envelopeOf, fixedSeams, registryOf, rememberingLogger } from '../../../support/harness.js';

/** A time with milliseconds, so that a column that loses them is seen. */
export const noon = Date.UTC(2026, 3, 1, 12, 0, 0, 123);

// The history has suites of its own; this store is not asked for it.
const noHistory = {} as ExecutionHistory;

/** The sources of a process on the database of the suite, migrated. */
export async function openSources({ url }: Pick<TestedEngine, 'url'>) {
  const { provider } = install({
    environment: { MARIA_URL: url() },
    plugins: [{ name: 'tracking', contributes: [migrations(trackingMigrations)] }],
  });
  await provider.migrator.run();
  return provider;
}

/** A store as one process has it. */
export function storeOn(database: ApplicationDatabase, ...tasks: TaskClass[]) {
  const { logger, lines } = rememberingLogger();
  const store = new SqlExecutionStore({
    database,
    history: noHistory,
    registry: registryOf(...tasks),
    logger,
    seams: fixedSeams({ now: () => noon + 9_000 }),
  });
  return { store, lines };
}

let ids = 0;
/** Unlike any other of this file. */
export const newId = (): string => `e-${String(++ids).padStart(6, '0')}`;

export function pendingOf(id: string, changes: Partial<Envelope> = {}): PendingExecution {
  const envelope = envelopeOf(
    'work',
    { n: 1 },
    { id, dispatchedAt: noon, tracked: true, ...changes },
  );
  return { envelope, availableAt: noon + 1_000 };
}

/** @param run tells apart the runs of one attempt. */
export function runOf(id: string, attempt = 1, run = 1): TrackedAttempt {
  const fence = firstFence(attempt) + run;
  return { executionId: id, task: 'work', attempt, worker: `worker-${run}`, fence };
}

export function reportOf(
  { attempt, worker }: TrackedAttempt,
  changes: Partial<AttemptReport> = {},
): AttemptReport {
  return {
    attempt,
    worker,
    startedAt: noon + 2_000,
    finishedAt: noon + 2_750,
    ledger: { opened: 2, closed: 2, killed: 0, leaked: 0 },
    ...changes,
  };
}

export const failure = {
  code: 'ConnectionError',
  message: 'it broke',
  stack: 'Error: it broke\n    at x',
};

/** Also when a test ends without coming to its end. */
const restoreClock = (): unknown => Reflect.deleteProperty(performance, 'now');
afterEach(restoreClock);

/**
 * Meanwhile the clock stands still by which a store loses patience with a row that somebody else has locked: a pause of this
 * process or of the server is no reason to give it up.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const now = performance.now();
  performance.now = () => now;
  try {
    return await work();
  } finally {
    // The one of the prototype shows again.
    restoreClock();
  }
}

type Row = Record<string, unknown>;

export async function rowsOf(database: ApplicationDatabase, sql: string): Promise<Row[]> {
  return database.use((manager) => manager.query(sql)) as Promise<Row[]>;
}

export async function executionRow(database: ApplicationDatabase, id: string): Promise<Row> {
  const [row] = await rowsOf(database, `SELECT * FROM execution WHERE id = '${id}'`);
  if (row === undefined) throw new Error(`there is no row ${id}`);
  return row;
}

export function attemptRows(database: ApplicationDatabase, id: string): Promise<Row[]> {
  return rowsOf(
    database,
    `SELECT * FROM execution_attempt WHERE execution_id = '${id}' ORDER BY attempt, fence`,
  );
}
