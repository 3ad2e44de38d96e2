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
import { type StoredSchedule, scheduleColumns, storedSchedule } from './rows.js';
import type { ScheduleRow } from './schedule-row.js';
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
  /** There is one whose due time is none: a claim finds out which. */
  readonly isDamaged: boolean;
}

/** In the order in which they are due: the optimizer may prefer to scan a small table, and with it to lock it. */
const byDueTime = (dialect: StoreDialect): string =>
  dialect === 'mariadb' ? 'schedule s FORCE INDEX (ix_schedule_due)' : 'schedule s';

/** What is asked about schedules. */
interface Asked {
  readonly tasks: readonly string[];
  /** Ids of schedules that are left out. */
  readonly without: readonly number[];
}

/** The ids are numbers of the database itself. */
const butFor = (ids: readonly number[]): string =>
  ids.length === 0 ? '' : ` AND s.id NOT IN (${ids.join(', ')})`;

/**
 * SQLite keeps what is no time as well, and it may come behind all times, where it would never be due and nobody would name it.
 * All that is no time and matters comes behind the year 2999; what comes before now is read as due.
 */
const isNoTime =
  "(s.next_fire_at > '3' AND s.next_fire_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*')";

/** One cheap question, asked often. */
export async function look(
  sender: Sender,
  dialect: StoreDialect,
  clock: Clock,
  { tasks, without }: Asked,
): Promise<Look> {
  const fitting = `FROM ${byDueTime(dialect)} WHERE s.enabled = 1 AND s.task IN ${listOf(dialect)}${butFor(without)}`;
  const known = listParameter(dialect, tasks);
  const isSqlite = dialect === 'sqlite';
  const [row] = await rowsOf<{ now: TimeColumn; next: TimeColumn; damaged: number | string }>(
    sender,
    `SELECT ${databaseNow(dialect)} AS now,
      (SELECT s.next_fire_at ${fitting} AND s.next_fire_at IS NOT NULL ORDER BY s.next_fire_at LIMIT 1) AS next,
      ${isSqlite ? `EXISTS (SELECT 1 ${fitting} AND ${isNoTime})` : '0'} AS damaged`,
    isSqlite ? [known, known] : [known],
  );
  const next = msOf(row?.next);
  const isNone = Number.isNaN(next);
  return {
    now: clock(msOf(row?.now) ?? Number.NaN),
    next: isNone ? undefined : next,
    isDamaged: isNone || Number(row?.damaged) === 1,
  };
}

/**
 * Due schedules that nobody else is at, the longest overdue first; nobody else takes them before the transaction ends. Those that
 * are broken are given apart.
 */
export async function lockDue(
  sender: Sender,
  dialect: StoreDialect,
  asked: Asked & {
    readonly now: number;
    readonly limit: number;
    /** Ids of the only ones that are asked for. */
    readonly only: readonly number[] | undefined;
  },
): Promise<Due> {
  // A writing transaction of SQLite has the file to itself.
  const lock = dialect === 'mariadb' ? 'FOR UPDATE SKIP LOCKED' : '';
  const isDueThere =
    dialect === 'mariadb' ? 's.next_fire_at <= ?' : `(s.next_fire_at <= ? OR ${isNoTime})`;
  const rows = await rowsOf<ScheduleRow>(
    sender,
    `SELECT ${scheduleColumns} FROM ${byDueTime(dialect)}
      WHERE s.enabled = 1 AND ${isDueThere} AND s.task IN ${listOf(dialect)}${butFor(asked.without)}
        ${asked.only === undefined ? '' : `AND s.id IN (${asked.only.join(', ')})`}
      ORDER BY s.next_fire_at LIMIT ${asked.limit} ${lock}`,
    [columnTime(asked.now), listParameter(dialect, asked.tasks)],
  );
  const all = rows.map(storedSchedule);
  return {
    sound: all.filter(isDue),
    broken: all.flatMap((each) =>
      each.problem === undefined ? [] : [{ schedule: each, problem: each.problem }],
    ),
  };
}

/** Those of the ids that have no row. */
export async function withoutRow(sender: Sender, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await rowsOf<{ id: number | string }>(
    sender,
    `SELECT id FROM schedule WHERE id IN (${ids.join(', ')})`,
    [],
  );
  const known = new Set(rows.map(({ id }) => Number(id)));
  return ids.filter((id) => !known.has(id));
}

export interface Due {
  readonly sound: readonly DueSchedule[];
  readonly broken: readonly { readonly schedule: StoredSchedule; readonly problem: string }[];
}

const isDue = (schedule: StoredSchedule): schedule is DueSchedule =>
  schedule.problem === undefined && schedule.nextFireAt !== undefined;

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
