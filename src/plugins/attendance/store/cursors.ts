// How far each log table has been read, and what the log tables as a whole have shown.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import { type UpsertTarget, upsertRows } from './bulk.js';

/** What one batch moves a cursor to. */
export interface CursorMove {
  readonly lastId: number;
  /** Latest server time of an attendance event, if there is one. */
  readonly latestServerAt: number | null;
}

const target: UpsertTarget = {
  table: 'attendance_cursor',
  columns: ['source', 'month', 'last_id', 'earliest_at', 'latest_server_at'],
  key: ['source', 'month'],
  update: (incoming) => ({
    last_id: greater('last_id', incoming('last_id')),
    latest_server_at: greater('latest_server_at', incoming('latest_server_at')),
  }),
};

/** The incoming value where it is greater than the present one, in SQL that both engines have. */
const greater = (present: string, incoming: string): string =>
  `CASE WHEN ${present} IS NULL OR ${incoming} > ${present} THEN ${incoming} ELSE ${present} END`;

/** The last event id read, by month. */
export async function readCursors(
  manager: EntityManager,
  source: string,
): Promise<Map<number, number>> {
  const rows: { month: number; lastId: number }[] = await manager.query(
    'SELECT month, last_id AS lastId FROM attendance_cursor WHERE source = ?',
    [source],
  );
  return new Map(rows.map(({ month, lastId }) => [month, Number(lastId)]));
}

/**
 * Moves a cursor forward, never back. What was stored follows with `noteEarliest`. First statement of a batch's transaction: it makes two runs that read
 * one table at a time take turns.
 */
export function moveCursor(
  manager: EntityManager,
  dialect: Dialect,
  source: string,
  month: number,
  { lastId, latestServerAt }: CursorMove,
): Promise<void> {
  return upsertRows(manager, dialect, target, [[source, month, lastId, null, latestServerAt]]);
}

/**
 * Notes the device time of a plausible event that was stored, where it is earlier than those noted before: the site's
 * first day comes from it. An event that stays in quarantine must not be noted.
 */
export async function noteEarliest(
  manager: EntityManager,
  source: string,
  month: number,
  deviceAt: number,
): Promise<void> {
  await manager.query(
    `UPDATE attendance_cursor SET earliest_at = ?
      WHERE source = ? AND month = ? AND (earliest_at IS NULL OR earliest_at > ?)`,
    [deviceAt, source, month, deviceAt],
  );
}

/** Notes the server time of an attendance event, where it is later than those noted before. */
export async function noteLatestServer(
  manager: EntityManager,
  source: string,
  month: number,
  serverAt: number,
): Promise<void> {
  await manager.query(
    `UPDATE attendance_cursor SET latest_server_at = ?
      WHERE source = ? AND month = ? AND (latest_server_at IS NULL OR latest_server_at < ?)`,
    [serverAt, source, month, serverAt],
  );
}

/** Forgets what all log tables have shown about time, before it is noted anew. */
export async function forgetTimes(manager: EntityManager, source: string): Promise<void> {
  await manager.query(
    'UPDATE attendance_cursor SET earliest_at = NULL, latest_server_at = NULL WHERE source = ?',
    [source],
  );
}

/** The first log table after a month, or undefined when it is the last one. */
export async function nextMonth(
  manager: EntityManager,
  source: string,
  month: number,
): Promise<number | undefined> {
  const [row]: { month: number | null }[] = await manager.query(
    'SELECT MIN(month) AS month FROM attendance_cursor WHERE source = ? AND month > ?',
    [source, month],
  );
  return row?.month ?? undefined;
}

/** Puts a cursor back to the beginning. */
export async function resetCursor(
  manager: EntityManager,
  source: string,
  month: number,
): Promise<void> {
  await manager.query('UPDATE attendance_cursor SET last_id = 0 WHERE source = ? AND month = ?', [
    source,
    month,
  ]);
}

/** What all that was read says about time. */
export interface SiteTimes {
  /** Device time of the earliest plausible event. */
  readonly earliestAt: number;
  readonly latestServerAt: number;
}

/** Undefined before the first plausible event. */
export async function readSiteTimes(manager: EntityManager): Promise<SiteTimes | undefined> {
  const [row]: { earliestAt: number | null; latestServerAt: number | null }[] = await manager.query(
    'SELECT MIN(earliest_at) AS earliestAt, MAX(latest_server_at) AS latestServerAt FROM attendance_cursor',
  );
  return row?.earliestAt == null || row.latestServerAt == null
    ? undefined
    : { earliestAt: row.earliestAt, latestServerAt: row.latestServerAt };
}
