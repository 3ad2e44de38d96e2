// Records that runs begin.
import type { Logger } from '../../../core/log/logger.js';
import type { Beginning } from '../../../core/ports/tracker.js';
import { insertAttempts, unreportedAttempt } from './attempts.js';
import { type GivenColumn, type ManyUpdates, type Sender, updateMany } from './bulk.js';
import { standingOfBeginning } from './current.js';
import { busyRow } from './groups.js';
import type { ColumnValue } from './pending-row.js';
import { columnTime, type StoreDialect } from './rows.js';
import { type Said, sortByStanding } from './standing-rows.js';

export interface BeginningRun extends Said {
  /** Milliseconds since 1970 UTC. */
  readonly startedAt: number;
}

export const idColumn: GivenColumn = {
  name: 'id',
  type: 'VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin',
};

/** What a beginning changes; values by {@link beginningValues}. */
export const beginning: ManyUpdates = {
  table: 'execution',
  given: [
    idColumn,
    { name: 'fence', type: 'BIGINT' },
    { name: 'attempts', type: 'INT' },
    { name: 'worker', type: 'VARCHAR(256)' },
    { name: 'started_at', type: 'DATETIME(6)' },
    { name: 'task', type: 'VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin' },
  ],
  set: {
    status: "'running'",
    fence: 'v.fence',
    attempts: 'v.attempts',
    crashes: 'CASE WHEN v.attempts - 1 > e.retries THEN v.attempts - 1 - e.retries ELSE 0 END',
    worker: 'v.worker',
    started_at: 'v.started_at',
    next_attempt_at: 'NULL',
  },
};

export function beginningValues({ attempt: run, startedAt }: BeginningRun): ColumnValue[] {
  return [run.executionId, run.fence, run.attempt, run.worker, columnTime(startedAt), run.task];
}

/** Writes the beginnings of runs of different executions, and answers each. */
export async function writeBeginnings(
  sender: Sender,
  dialect: StoreDialect,
  runs: readonly BeginningRun[],
  logger: Logger,
): Promise<(Beginning | typeof busyRow)[]> {
  const { current, refused, unknown, busy } = await sortByStanding(
    sender,
    dialect,
    runs,
    standingOfBeginning,
    'free',
  );
  await updateMany(
    sender,
    dialect,
    beginning,
    current.map(({ item }) => beginningValues(item)),
  );
  const died = current.filter(
    ({ item, row }) => row.status === 'running' && row.fence !== item.attempt.fence,
  );
  await insertAttempts(
    sender,
    dialect,
    died.map(({ row }) => unreportedAttempt(row, 'crashed', undefined)),
  );
  for (const { attempt } of unknown) {
    // Its row was recorded before it was queued, so the database was set back to an earlier state, or somebody deleted
    // it. What was dispatched is to happen all the same; only its end finds no place.
    const { executionId, task } = attempt;
    logger.warn('an execution runs that is not on record', { executionId, task });
  }
  return runs.map(({ attempt: { executionId } }) =>
    busy.has(executionId) ? busyRow : (refused.get(executionId) ?? { kind: 'begun' }),
  );
}
