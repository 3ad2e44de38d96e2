// What the scheduler asks of the database: which schedules are due, and which should have been long ago.
import {
  columnTime,
  databaseNow,
  listOf,
  listParameter,
  msOf,
  type Sender,
  type StoreDialect,
  type TimeColumn,
} from '../../tracking/index.js';
import { type ScheduleRow, type StoredSchedule, scheduleColumns, storedSchedule } from './rows.js';
import { type Clock, rowsOf } from './schedule-store.js';

/** A schedule that is due, when. */
export interface DueSchedule extends StoredSchedule {
  readonly nextFireAt: number;
}

export interface Look {
  /** By the clock of the database. */
  readonly now: number;
  /** When the next schedule is due whose task is known here. */
  readonly next: number | undefined;
}

/** In the order in which they are due: the optimizer may prefer to scan a small table, and with it to lock it. */
const byDueTime = (dialect: StoreDialect): string =>
  dialect === 'mariadb' ? 'schedule s FORCE INDEX (ix_schedule_due)' : 'schedule s';

/** One cheap question, asked often. */
export async function look(
  sender: Sender,
  dialect: StoreDialect,
  clock: Clock,
  tasks: readonly string[],
): Promise<Look> {
  const [row] = await rowsOf<{ now: TimeColumn; next: TimeColumn }>(
    sender,
    `SELECT ${databaseNow(dialect)} AS now, (SELECT next_fire_at FROM ${byDueTime(dialect)}
      WHERE enabled = 1 AND next_fire_at IS NOT NULL AND task IN ${listOf(dialect)}
      ORDER BY next_fire_at LIMIT 1) AS next`,
    [listParameter(dialect, tasks)],
  );
  return { now: clock(msOf(row?.now) ?? Number.NaN), next: msOf(row?.next) };
}

/** Due schedules that nobody else is at, the longest overdue first; nobody else takes them before the transaction ends. */
export async function lockDue(
  sender: Sender,
  dialect: StoreDialect,
  asked: { readonly now: number; readonly tasks: readonly string[]; readonly limit: number },
): Promise<DueSchedule[]> {
  // A writing transaction of SQLite has the file to itself.
  const lock = dialect === 'mariadb' ? 'FOR UPDATE SKIP LOCKED' : '';
  const rows = await rowsOf<ScheduleRow>(
    sender,
    `SELECT ${scheduleColumns} FROM ${byDueTime(dialect)}
      WHERE s.enabled = 1 AND s.next_fire_at <= ? AND s.task IN ${listOf(dialect)}
      ORDER BY s.next_fire_at LIMIT ${asked.limit} ${lock}`,
    [columnTime(asked.now), listParameter(dialect, asked.tasks)],
  );
  return rows.map(storedSchedule).filter(isDue);
}

const isDue = (schedule: StoredSchedule): schedule is DueSchedule =>
  schedule.nextFireAt !== undefined;

export interface Overdue {
  readonly name: string;
  readonly task: string;
  readonly dueAt: number;
  readonly misfireGraceMs: number;
}

const mostOverdue = 1_000;

/** Schedules that were due before a time, whatever their task. */
export async function readOverdue(sender: Sender, before: number): Promise<Overdue[]> {
  const rows = await rowsOf<
    Pick<ScheduleRow, 'name' | 'task' | 'next_fire_at' | 'misfire_grace_ms'>
  >(
    sender,
    `SELECT name, task, next_fire_at, misfire_grace_ms FROM schedule
      WHERE enabled = 1 AND next_fire_at < ? ORDER BY next_fire_at LIMIT ${mostOverdue}`,
    [columnTime(before)],
  );
  return rows.map((row) => ({
    name: row.name,
    task: row.task,
    dueAt: msOf(row.next_fire_at) ?? before,
    misfireGraceMs: Number(row.misfire_grace_ms),
  }));
}
