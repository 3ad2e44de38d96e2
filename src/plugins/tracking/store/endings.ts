// Records how runs end: for good, to be tried again, or handed back unfinished.
import type { AttemptReport, FinalState } from '../../../core/execution.js';
import type { Recorded } from '../../../core/ports/tracker.js';
import { firstFence } from '../../../core/run/fence.js';
import { attemptValues, insertAttempts, unreportedAttempt } from './attempts.js';
import { idColumn } from './beginnings.js';
import {
  executionById,
  listOf,
  listParameter,
  type ManyUpdates,
  type Sender,
  updateMany,
} from './bulk.js';
import { type LockedRow, standingOfEnd } from './current.js';
import { busyRow } from './groups.js';
import { keptError, summaryOf } from './kept-text.js';
import type { ColumnValue } from './pending-row.js';
import { columnTime, optionalTime, type StoreDialect } from './rows.js';
import { type Said, sortByStanding } from './standing-rows.js';

/** How a run ended. Times are milliseconds since 1970 UTC. */
export type EndingRun = Said &
  (
    | {
        readonly kind: 'final';
        readonly state: FinalState;
        readonly report: AttemptReport;
        readonly keepPayload: boolean;
        /** The result as it is kept: JSON, or null. */
        readonly result: string | null;
      }
    | { readonly kind: 'retrying'; readonly report: AttemptReport; readonly nextAttemptAt: number }
    | { readonly kind: 'returned'; readonly at: number }
  );

/** What a run came to, in the order of {@link outcomeValues}. */
export const outcomeColumns = [
  { name: 'started_at', type: 'DATETIME(6)' },
  { name: 'status', type: 'VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin' },
  { name: 'completed_at', type: 'DATETIME(6)' },
  { name: 'duration_ms', type: 'BIGINT' },
  { name: 'next_attempt_at', type: 'DATETIME(6)' },
  { name: 'result', type: 'LONGTEXT' },
  { name: 'result_summary', type: 'VARCHAR(1000)' },
  { name: 'error_code', type: 'VARCHAR(128)' },
  { name: 'error_message', type: 'VARCHAR(2000)' },
] as const;

const given = [
  idColumn,
  { name: 'fence', type: 'BIGINT' },
  { name: 'attempts', type: 'INT' },
  { name: 'retries', type: 'INT' },
  { name: 'crashes', type: 'INT' },
  { name: 'worker', type: 'VARCHAR(256)' },
  ...outcomeColumns,
] as const;

const update: ManyUpdates = {
  table: 'execution',
  given,
  set: Object.fromEntries(given.slice(1).map(({ name }) => [name, `v.${name}`])),
};

/**
 * Writes the ends of runs of different executions, and answers each; undefined for those that are not on record.
 * @param lock `all` waits for rows that somebody else has locked; `free` answers that they are.
 */
export async function writeEndings(
  sender: Sender,
  dialect: StoreDialect,
  runs: readonly EndingRun[],
  lock: 'all' | 'free',
): Promise<(Recorded | typeof busyRow | undefined)[]> {
  const sorted = await sortByStanding(sender, dialect, runs, standingOfEnd, lock);
  // The answer to the first time may have been lost on its way.
  const news = sorted.current.filter(({ item, row }) => !isRecorded(item, row));
  await updateMany(
    sender,
    dialect,
    update,
    news.map(({ item, row }) => rowAfter(item, row)),
  );
  await insertAttempts(
    sender,
    dialect,
    news.flatMap(({ item, row }) => attemptsOf(item, row)),
  );
  const dropped = news.filter(({ item }) => item.kind === 'final' && !item.keepPayload);
  if (dropped.length > 0) {
    const ids = dropped.map(({ row }) => row.id);
    const sql = `UPDATE ${executionById(dialect)} SET payload = NULL WHERE id IN ${listOf(dialect)}`;
    await sender.query(sql, [listParameter(dialect, ids)]);
  }
  await writeLedgers(
    sender,
    dialect,
    runs.filter(({ attempt }) => sorted.refused.get(attempt.executionId)?.kind === 'final'),
  );
  const unknown = new Set(sorted.unknown.map(({ attempt }) => attempt.executionId));
  return runs.map(({ attempt: { executionId } }) => {
    if (sorted.busy.has(executionId)) return busyRow;
    if (unknown.has(executionId)) return undefined;
    return sorted.refused.get(executionId) ?? { kind: 'recorded' };
  });
}

const ledger: ManyUpdates = {
  table: 'execution_attempt',
  index: 'PRIMARY',
  given: [
    { ...idColumn, name: 'execution_id' },
    { name: 'attempt', type: 'INT' },
    { name: 'fence', type: 'BIGINT' },
    { name: 'ledger', type: 'LONGTEXT' },
  ],
  set: { ledger: 'v.ledger' },
  when: 'e.attempt = v.attempt AND e.fence = v.fence',
};

/** What a task completed within its transaction was on record before its scope was disposed: with open connections. */
async function writeLedgers(
  sender: Sender,
  dialect: StoreDialect,
  runs: readonly EndingRun[],
): Promise<void> {
  const rows = runs.flatMap((run): ColumnValue[][] => {
    if (run.kind === 'returned') return [];
    const { executionId, attempt, fence } = run.attempt;
    return [[executionId, attempt, fence, JSON.stringify(run.report.ledger)]];
  });
  await updateMany(sender, dialect, ledger, rows);
}

const isRecorded = ({ kind, attempt }: EndingRun, row: LockedRow): boolean =>
  kind === 'retrying' && row.status === 'retrying' && row.fence === attempt.fence;

/** The attempt that ended, and the one before it that nobody ended: what is refused never begins. */
function attemptsOf(run: EndingRun, row: LockedRow): ColumnValue[][] {
  const { attempt } = run;
  const isOwn = row.fence === attempt.fence;
  const died =
    row.status === 'running' && !isOwn ? [unreportedAttempt(row, 'crashed', undefined)] : [];
  if (run.kind !== 'returned') {
    return [...died, attemptValues(attempt, outcomeOf(run), run.report)];
  }
  return isOwn ? [unreportedAttempt(row, 'returned', run.at)] : died;
}

/** In the order of the given columns. */
function rowAfter(run: EndingRun, row: LockedRow): ColumnValue[] {
  const { attempt } = run;
  const crashes = Math.max(0, attempt.attempt - 1 - row.retries);
  if (run.kind === 'returned') {
    // As if it had not begun; whoever begins next may be of the same attempt.
    const place = [firstFence(attempt.attempt), attempt.attempt - 1, row.retries, crashes];
    const nothing = Array<null>(outcomeColumns.length - 2).fill(null);
    return [row.id, ...place, null, null, 'queued', ...nothing];
  }
  const { report } = run;
  return [
    row.id,
    attempt.fence,
    attempt.attempt,
    row.retries + retriesOf(run),
    crashes,
    report.worker,
    ...outcomeValues(run),
  ];
}

/** A run that has an end of its own. */
export type EndedRun = Exclude<EndingRun, { kind: 'returned' }>;

/** How many retries its execution has had by it. */
export const retriesOf = ({ kind }: EndedRun): number => (kind === 'retrying' ? 1 : 0);

export const outcomeOf = (run: EndedRun): FinalState | 'retrying' =>
  run.kind === 'final' ? run.state : run.kind;

/** In the order of {@link outcomeColumns}. */
export function outcomeValues(run: EndedRun): ColumnValue[] {
  const { report } = run;
  const isFinal = run.kind === 'final';
  const error = keptError(report.error);
  return [
    columnTime(report.startedAt),
    outcomeOf(run),
    isFinal ? columnTime(report.finishedAt) : null,
    isFinal ? Math.max(0, Math.round(report.finishedAt - report.startedAt)) : null,
    isFinal ? null : optionalTime(run.nextAttemptAt),
    isFinal ? run.result : null,
    isFinal ? summaryOf(report, run.attempt.task) : null,
    error.code,
    error.message,
  ];
}
