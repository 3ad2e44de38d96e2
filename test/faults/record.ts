// The record of executions as the proofs read it: from its tables, beside all of Skep that writes them.
import type { AttemptRecord, ExecutionState } from '../../src/core/execution.js';
import { msOf, type TimeColumn } from '../../src/plugins/tracking/index.js';
import type { FaultSite } from './fault-site.js';

export interface RecordedExecution {
  readonly id: string;
  readonly task: string;
  readonly status: ExecutionState;
  readonly attempts: number;
  readonly retries: number;
  readonly crashes: number;
  readonly schedule: string | null;
  readonly scheduled_for: TimeColumn;
  readonly started_at: TimeColumn;
  readonly completed_at: TimeColumn;
  readonly worker: string | null;
  readonly result: string | null;
  readonly error_code: string | null;
}

interface RecordedAttempt {
  readonly execution_id: string;
  readonly attempt: number;
  readonly outcome: AttemptRecord['outcome'];
}

/** Every execution that there is. */
export function recordOf(site: FaultSite): Promise<RecordedExecution[]> {
  return site.sql<RecordedExecution>(
    `SELECT id, task, status, attempts, retries, crashes, schedule, scheduled_for, started_at, completed_at,
       worker, result, error_code FROM execution ORDER BY seq`,
  );
}

/** How many executions have not ended, by their state. */
async function unfinished(site: FaultSite): Promise<Record<string, number>> {
  const rows = await site.sql<{ status: string; count: number | string }>(
    'SELECT status, COUNT(*) AS count FROM execution WHERE completed_at IS NULL GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

/** Whether all that is on record has ended. */
export const isQuiet = async (site: FaultSite): Promise<boolean> =>
  Object.keys(await unfinished(site)).length === 0;

export interface Untruth {
  readonly id: string;
  readonly why: string;
  readonly row: RecordedExecution | undefined;
}

/**
 * Compares the record with what was acknowledged and with the log of side effects, in which runs tell of themselves.
 * @param ids what is to have succeeded.
 */
export async function untruths(site: FaultSite, ids: readonly string[]): Promise<Untruth[]> {
  const rows = new Map((await recordOf(site)).map((row) => [row.id, row]));
  const attempts = await attemptsOf(site);
  const told = site.effects.byExecution();
  return ids.flatMap((id) => {
    const row = rows.get(id);
    const why = untruthOf(row, attempts.get(id) ?? [], told.get(id)?.length ?? 0);
    return why === undefined ? [] : [{ id, why, row }];
  });
}

function untruthOf(
  row: RecordedExecution | undefined,
  attempts: readonly RecordedAttempt[],
  starts: number,
): string | undefined {
  if (row === undefined) return 'is not on record';
  if (row.status !== 'success') return `is ${row.status}`;
  if (row.error_code !== null) return 'succeeded and has an error';
  const [startedAt, completedAt] = [msOf(row.started_at), msOf(row.completed_at)];
  if (startedAt === undefined || completedAt === undefined || completedAt < startedAt) {
    return 'ended before it began';
  }
  if (row.attempts !== 1 + row.retries + row.crashes) return 'has attempts for no reason';
  const of = (outcome: RecordedAttempt['outcome']): RecordedAttempt[] =>
    attempts.filter((each) => each.outcome === outcome);
  const [success, ...more] = of('success');
  if (success?.attempt !== row.attempts || more.length > 0) return 'has no last attempt';
  if (of('retrying').length !== row.retries) return 'has retries that no attempt tells of';
  if (of('crashed').length > row.crashes) return 'has attempts that crashed uncounted';
  const others = attempts.length - 1 - of('retrying').length;
  if (others !== of('crashed').length + of('returned').length) return 'ended more than once';
  if (starts === 0) return 'succeeded and never ran';
  if (starts > attempts.length) return `ran ${starts} times in ${attempts.length} attempts`;
  return undefined;
}

async function attemptsOf(site: FaultSite): Promise<Map<string, RecordedAttempt[]>> {
  const rows = await site.sql<RecordedAttempt>(
    'SELECT execution_id, attempt, outcome FROM execution_attempt ORDER BY attempt, fence',
  );
  const attempts = new Map<string, RecordedAttempt[]>();
  for (const row of rows) {
    const known = attempts.get(row.execution_id);
    if (known) known.push(row);
    else attempts.set(row.execution_id, [row]);
  }
  return attempts;
}

/** How often each execution has written its row. */
export async function bookings(site: FaultSite): Promise<Map<string, number>> {
  const rows = await site.sql<{ id: string; count: number | string }>(
    'SELECT execution_id AS id, COUNT(*) AS count FROM bookings GROUP BY execution_id',
  );
  return new Map(rows.map(({ id, count }) => [id, Number(count)]));
}

/** Executions of these tasks that have not written their row once, and rows of executions that did not succeed. */
export async function notBookedOnce(
  site: FaultSite,
  tasks: readonly string[],
): Promise<{ readonly id: string; readonly booked: number }[]> {
  const booked = await bookings(site);
  const wrong: { id: string; booked: number }[] = [];
  for (const { id, task, status } of await recordOf(site)) {
    const times = booked.get(id) ?? 0;
    const isToBe = tasks.includes(task) && status === 'success' ? 1 : 0;
    if (times !== isToBe) wrong.push({ id, booked: times });
  }
  return wrong;
}
