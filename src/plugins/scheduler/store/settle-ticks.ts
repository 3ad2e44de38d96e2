// What a claim of ticks writes beside the executions: those that are skipped, and when each schedule is due again.
import { isFinal } from '../../../core/execution.js';
import {
  type ColumnValue,
  columnTime,
  cutTo,
  insertMany,
  optionalTime,
  pieces,
  type Sender,
  type StoreDialect,
} from '../../tracking/index.js';
import type { SkippedTick } from '../timetable/decide-ticks.js';
import type { DueSchedule } from './due.js';
import { rowsOf } from './schedule-store.js';

/** A time that is not run, of which an execution tells that was never queued. */
export interface SkippedExecution extends SkippedTick {
  readonly id: string;
  readonly schedule: DueSchedule;
  /** The lane in which it would have travelled, and its part. */
  readonly queue: string;
  readonly priority: string;
  readonly triggeredBy: string;
}

const skippedState = 'skipped';
const longestMessage = 2_000;

const skippedTarget = {
  table: 'execution',
  columns: [
    'id',
    'task',
    'status',
    'queue',
    'priority',
    'payload',
    'triggered_by',
    'schedule',
    'scheduled_for',
    'created_at',
    'available_at',
    'completed_at',
    'error_code',
    'error_message',
  ],
} as const;

export async function insertSkipped(
  sender: Sender,
  dialect: StoreDialect,
  skipped: readonly SkippedExecution[],
  now: number,
): Promise<void> {
  const at = columnTime(now);
  const rows = skipped.map((each): ColumnValue[] => [
    each.id,
    each.schedule.task,
    skippedState,
    each.queue,
    each.priority,
    JSON.stringify(each.schedule.payload),
    each.triggeredBy,
    each.schedule.name,
    columnTime(each.tick),
    at,
    columnTime(each.tick),
    isFinal(skippedState) ? at : null,
    each.code,
    cutTo(each.message, longestMessage),
  ]);
  const lengthOf = (row: readonly ColumnValue[]): number =>
    row.reduce<number>((sum, value) => sum + String(value).length, 0);
  for (const some of pieces(rows, lengthOf)) {
    await insertMany(sender, dialect, skippedTarget, some);
  }
}

/** A schedule whose time has come, and when it is due again. */
export interface Move {
  readonly schedule: DueSchedule;
  readonly next: number | undefined;
  /** The latest of its times that has come, and the execution that tells of it; undefined when it was on record. */
  readonly last: { readonly tick: number; readonly executionId: string } | undefined;
}

/**
 * Moves schedules on, each from the version that was read and from no other: a time may have been written with microseconds,
 * which are not read.
 * @throws Error when one has another version by now, which the lock on its row should have kept: nothing may commit.
 */
export async function moveOn(
  sender: Sender,
  dialect: StoreDialect,
  moves: readonly Move[],
): Promise<void> {
  const rows = moves.map(({ schedule, next, last }): ColumnValue[] => [
    schedule.id,
    schedule.version,
    optionalTime(next),
    optionalTime(last?.tick),
    last?.executionId ?? null,
  ]);
  const isMaria = dialect === 'mariadb';
  await sender.query(isMaria ? moveInMariaDb : moveInSqlite, [JSON.stringify(rows)]);
  const changed = isMaria ? 'ROW_COUNT()' : 'changes()';
  const [row] = await rowsOf<{ moved: number | string }>(sender, `SELECT ${changed} AS moved`);
  if (Number(row?.moved) === moves.length) return;
  throw new Error(`${moves.length} schedules were to move on, ${row?.moved} did`);
}

/** Rows are looked up one by one, in whatever order; a scan would wait for those that other runtimes hold. */
const moveInMariaDb = `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
    id BIGINT PATH '$[0]', seen BIGINT PATH '$[1]', due DATETIME(6) PATH '$[2]',
    tick DATETIME(6) PATH '$[3]', told VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin PATH '$[4]')) v
  STRAIGHT_JOIN schedule s FORCE INDEX (PRIMARY) ON s.id = v.id AND s.version = v.seen
  SET s.next_fire_at = v.due, s.last_fire_at = COALESCE(v.tick, s.last_fire_at),
    s.last_execution_id = COALESCE(v.told, s.last_execution_id), s.version = s.version + 1`;

const moveInSqlite = `UPDATE schedule AS s SET next_fire_at = v.due,
    last_fire_at = COALESCE(v.tick, s.last_fire_at),
    last_execution_id = COALESCE(v.told, s.last_execution_id), version = s.version + 1
  FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS seen,
      json_extract(value, '$[2]') AS due, json_extract(value, '$[3]') AS tick,
      json_extract(value, '$[4]') AS told FROM json_each(?)) AS v
  WHERE s.id = v.id AND s.version = v.seen`;
