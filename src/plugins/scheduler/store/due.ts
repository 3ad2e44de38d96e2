// What the scheduler asks of the database: which schedules are due, and what is on record of them already.
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

export interface OnRecord {
  /** Executions that are not final. */
  unfinished(name: string): number;
  /** Times that are on record, from the due one on at least, because the schedule was changed or made anew since. */
  ticks(name: string): ReadonlySet<number>;
}

/** Executions as they are found by their schedule: the optimizer may prefer to read all that are not final, or every tick that ever was. */
const bySchedule = (dialect: StoreDialect, index: string): string =>
  dialect === 'mariadb' ? `execution FORCE INDEX (${index})` : 'execution';

/** What is on record of schedules: two questions, however many they are. */
export async function readRecord(
  sender: Sender,
  dialect: StoreDialect,
  schedules: readonly DueSchedule[],
): Promise<OnRecord> {
  const names = listParameter(
    dialect,
    schedules.map(({ name }) => name),
  );
  const counts = await rowsOf<{ name: string; unfinished: number | string }>(
    sender,
    `SELECT schedule AS name, COUNT(*) AS unfinished
      FROM ${bySchedule(dialect, 'ix_execution_schedule')}
      WHERE schedule IN ${listOf(dialect)} AND completed_at IS NULL GROUP BY schedule`,
    [names],
  );
  // From the earliest of the due times on: a bound that differs from schedule to schedule would bound no index.
  const since = Math.min(...schedules.map(({ nextFireAt }) => nextFireAt));
  const ticks = await rowsOf<{ name: string; tick: TimeColumn }>(
    sender,
    `SELECT schedule AS name, scheduled_for AS tick
      FROM ${bySchedule(dialect, 'ux_execution_tick')}
      WHERE schedule IN ${listOf(dialect)} AND scheduled_for >= ?`,
    [names, columnTime(since)],
  );
  const unfinished = new Map(counts.map((row) => [row.name, Number(row.unfinished)]));
  const byName = new Map<string, Set<number>>();
  for (const { name, tick } of ticks) {
    const known = byName.get(name) ?? new Set();
    byName.set(name, known.add(msOf(tick) ?? Number.NaN));
  }
  return {
    unfinished: (name) => unfinished.get(name) ?? 0,
    ticks: (name) => byName.get(name) ?? new Set(),
  };
}

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
