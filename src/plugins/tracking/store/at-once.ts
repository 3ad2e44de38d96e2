// The fast way to record that runs begin and end, where there is nothing to decide: one statement that names what the rows
// must be. Where one of them is anything else or locked, the careful way looks at each.
import type { EntityManager } from 'typeorm';
import { firstFence } from '../../../core/run/fence.js';
import { attemptValues, insertAttempts } from './attempts.js';
import { type BeginningRun, beginning, beginningValues, idColumn } from './beginnings.js';
import { type ManyUpdates, updateStatement } from './bulk.js';
import { changed } from './changed.js';
import {
  type EndedRun,
  type EndingRun,
  outcomeColumns,
  outcomeOf,
  outcomeValues,
  retriesOf,
} from './endings.js';
import type { ColumnValue } from './pending-row.js';
import type { StoreDialect } from './rows.js';
import { driverCode, type StoreDatabase } from './store-database.js';

/** What is not at work, of no later attempt, and of the task that is on record. */
const beginningInOrder: ManyUpdates = {
  ...beginning,
  when: `e.status IN ('pending', 'queued', 'retrying') AND e.fence < (v.attempts + 1) * ${firstFence(1)} AND e.task = v.task`,
};

/** Ends of runs whose beginning is on record, which says all that is not given here. */
const ending = {
  table: 'execution',
  given: [
    idColumn,
    { name: 'fence', type: 'BIGINT' },
    { name: 'retries', type: 'INT' },
    { name: 'keeps_payload', type: 'INT' },
    ...outcomeColumns,
  ],
  when: "e.status = 'running' AND e.fence = v.fence",
} as const;

/**
 * What the ends of these runs change. The server keeps each new value in a temporary table, at its full length, and one of
 * a long text on its disk: so nothing is cleared that what runs does not have.
 */
function changesOf(ended: readonly EndedRun[], rows: readonly ColumnValue[][]): ManyUpdates['set'] {
  // Only an earlier attempt has left an error; what else an end says, a row that runs has not.
  const mayHave = ended.some(({ attempt }) => attempt.attempt > 1) ? /^error_/ : /^$/;
  const first = ending.given.length - outcomeColumns.length;
  const names = outcomeColumns
    .map(({ name }) => name)
    .filter((name, at) => mayHave.test(name) || rows.some((row) => row[first + at] !== null));
  return {
    ...Object.fromEntries(names.map((name) => [name, `v.${name}`])),
    ...(ended.some(retriesOf) ? { retries: 'e.retries + v.retries' } : {}),
    ...(ended.every(keepsPayload)
      ? {}
      : { payload: 'CASE WHEN v.keeps_payload = 1 THEN e.payload END' }),
  };
}

const keepsPayload = (run: EndedRun): boolean => run.kind === 'retrying' || run.keepPayload;

/** @returns whether all of them have begun; else the careful way is for all of them. */
export function beginAtOnce(
  database: StoreDatabase,
  runs: readonly BeginningRun[],
): Promise<boolean> {
  const rows = runs.map(beginningValues);
  return database.use((manager, dialect) => updatesAll(manager, dialect, beginningInOrder, rows));
}

/** @returns whether all of the ends are written; none of them is otherwise. */
export async function endAtOnce(
  database: StoreDatabase,
  runs: readonly EndingRun[],
): Promise<boolean> {
  const ended = runs.filter((run) => run.kind !== 'returned');
  // Which attempt is written for a run that is handed back depends on its row.
  if (ended.length < runs.length) return false;
  const rows = ended.map((run) => [
    run.attempt.executionId,
    run.attempt.fence,
    retriesOf(run),
    keepsPayload(run) ? 1 : 0,
    ...outcomeValues(run),
  ]);
  const update = { ...ending, set: changesOf(ended, rows) };
  const attempts = ended.map((run) => attemptValues(run.attempt, outcomeOf(run), run.report));
  try {
    await database.transaction(async (manager, dialect) => {
      if (!(await updatesAll(manager, dialect, update, rows))) throw new NotAll();
      await insertAttempts(manager, dialect, attempts);
    });
    return true;
  } catch (error) {
    if (error instanceof NotAll) return false;
    throw error;
  }
}

/** Has a transaction rolled back. */
class NotAll extends Error {}

/** Whether there are such rows for all; it does not wait for those that somebody else has locked. */
async function updatesAll(
  manager: EntityManager,
  dialect: StoreDialect,
  update: ManyUpdates,
  rows: readonly (readonly ColumnValue[])[],
): Promise<boolean> {
  const { sql, values } = updateStatement(dialect, update, rows);
  try {
    return (
      (await changed(manager, dialect === 'mariadb' ? noWait + sql : sql, values)) === rows.length
    );
  } catch (error) {
    if (driverCode(error) === 'ER_LOCK_WAIT_TIMEOUT') return false;
    throw error;
  }
}

/** MySQL, which takes it for a comment, waits. */
const noWait = '/*M! SET STATEMENT innodb_lock_wait_timeout = 0 FOR */ ';
