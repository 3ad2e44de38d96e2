// Decides one batch of stored events anew: whether each is plausible, and whose it is, with other settings than those
// it was decided with.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { QuarantineReason } from '../rules/clock-check.js';
import type { SiteZone } from '../rules/site-zone.js';
import type { Site } from '../site.js';
import { parameterList } from '../store/bulk.js';
import { noteEarliest, noteLatestServer } from '../store/cursors.js';
import type { Directory } from '../store/directory.js';
import { DayMarks, markDays } from '../store/dirty-days.js';
import {
  deleteEvents,
  type EventTableName,
  insertEvents,
  insertQuarantined,
  type MatchedEvent,
} from '../store/events.js';
import { grouped } from '../store/grouped.js';
import { changeOwners, countResolved, ownerChanges } from './change-owner.js';
import { type JudgedTimes, judgeTimes } from './judge-event.js';
import type { DistrustedEvent } from './sort-events.js';

/** What deciding anew has changed. */
export interface DecidedCounts {
  /** Quarantined events that are plausible now. */
  readonly released: number;
  /** Stored events that are in quarantine now. */
  readonly withdrawn: number;
  /** Events that had no employee and have one now. */
  readonly resolved: number;
  /** Events that had another employee, or have none any more. */
  readonly moved: number;
  readonly dirtyDays: number;
}

export interface DecidedBatch extends DecidedCounts {
  /** Events that were decided, whether that changed anything or not. */
  readonly decided: number;
  /** Id of the last event of the batch; undefined when it was the last batch of the log table. */
  readonly lastId: number | undefined;
}

/** A stored event of either table, as it was decided. */
interface StoredEvent {
  readonly id: number;
  readonly userCode: string;
  readonly deviceId: number | null;
  readonly eventCode: number;
  readonly tnaKey: number | null;
  readonly deviceAt: number | null;
  readonly serverAt: number | null;
  readonly serverWall: number | null;
  /** Null in quarantine. */
  readonly employeeId: number | null;
  /** Null outside of quarantine. */
  readonly reason: QuarantineReason | null;
}

/** A stored event and what is to be thought of it now. */
interface Decided {
  readonly event: StoredEvent;
  readonly now: JudgedTimes;
}

/**
 * Decides the events of one log table whose ids are above `after` anew, at most one batch of them, within a transaction
 * in which the directory holds.
 * @param zone in which their server times were read.
 * @param site whose settings decide now.
 */
export async function decideBatch(
  manager: EntityManager,
  dialect: Dialect,
  { zone, site, directory }: { zone: SiteZone; site: Site; directory: Directory },
  month: number,
  after: number,
): Promise<DecidedBatch> {
  const { source } = site;
  const table = { source, month };
  const stored = await readEvents(manager, 'attendance_event', site, month, after);
  const quarantined = await readEvents(manager, 'attendance_quarantine', site, month, after);
  // Where a page is full, what comes after it in the other table waits for the next batch.
  const ends = [stored, quarantined].flatMap((page) =>
    page.length < site.batchSize ? [] : (page.at(-1)?.id ?? []),
  );
  const lastId = ends.length > 0 ? Math.min(...ends) : undefined;
  const decide = (events: readonly StoredEvent[]): Decided[] =>
    events
      .filter(({ id }) => lastId === undefined || id <= lastId)
      .map((event) => {
        const now = judgeTimes(site, event.deviceAt, wallOf(event, zone));
        // No setting makes its id another one.
        return { event, now: event.reason === 'wrong_id' ? { ...now, reason: event.reason } : now };
      });
  const [events, distrusted] = [decide(stored), decide(quarantined)];

  const marks = new DayMarks();
  const staying = events.filter(({ now }) => now.reason === undefined);
  const withdrawn = events.filter(({ now }) => now.reason !== undefined);
  const released = distrusted.filter(({ now }) => now.reason === undefined);

  const changes = ownerChanges(
    staying.map(({ event }) => ({ ...event, month, deviceAt: event.deviceAt ?? 0 })),
    directory,
  );
  await changeOwners(manager, source, directory, changes, marks);
  await rewriteTimes(manager, 'attendance_event', site, month, staying);

  for (const { event } of withdrawn) mark(marks, directory, event.employeeId, event.deviceAt);
  await deleteEvents(manager, 'attendance_event', table, idsOf(withdrawn));
  await insertQuarantined(manager, table, withdrawn.map(asDistrusted));

  const matched = released.map((each) => asMatched(each, directory));
  for (const { employeeId, deviceAt } of matched) mark(marks, directory, employeeId, deviceAt);
  await deleteEvents(manager, 'attendance_quarantine', table, idsOf(released));
  await insertEvents(manager, table, matched);

  const kept = distrusted.filter(({ now }) => now.reason !== undefined);
  await rewriteTimes(manager, 'attendance_quarantine', site, month, kept);

  await noteTimes(manager, site, month, [...staying, ...released], [...events, ...distrusted]);
  const resolved = countResolved(changes);
  return {
    released: released.length,
    withdrawn: withdrawn.length,
    decided: events.length + distrusted.length,
    resolved,
    moved: changes.length - resolved,
    dirtyDays: await markDays(manager, dialect, marks),
    lastId,
  };
}

/** The server time on the wall, as BioStar showed it. */
function wallOf({ serverAt, serverWall }: StoredEvent, zone: SiteZone): number | undefined {
  if (serverWall !== null) return serverWall;
  return serverAt === null ? undefined : serverAt + zone.offsetAt(serverAt);
}

function mark(
  marks: DayMarks,
  directory: Directory,
  employeeId: number | null,
  deviceAt: number | null,
): void {
  if (employeeId !== null && deviceAt !== null) {
    marks.add(employeeId, directory.daysOf(employeeId, deviceAt));
  }
}

const idsOf = (decided: readonly Decided[]): number[] => decided.map(({ event }) => event.id);

function asDistrusted({ event, now }: Decided): DistrustedEvent {
  const { serverAt, serverWall, reason } = now;
  return { ...event, serverAt, serverWall, reason: reason ?? 'no_time' };
}

function asMatched({ event, now }: Decided, directory: Directory): MatchedEvent {
  // A plausible event has both times.
  const [deviceAt, serverAt] = [event.deviceAt ?? 0, now.serverAt ?? 0];
  const employeeId = directory.match(event.userCode, deviceAt);
  return { ...event, deviceAt, serverAt, serverWall: now.serverWall, employeeId };
}

/** Writes server times and reasons where they have changed, many events at a time: most move by the same length. */
async function rewriteTimes(
  manager: EntityManager,
  table: EventTableName,
  { source }: Site,
  month: number,
  decided: readonly Decided[],
): Promise<void> {
  const changed = decided.filter(
    ({ event, now }) =>
      event.serverAt !== now.serverAt ||
      event.serverWall !== now.serverWall ||
      event.reason !== (now.reason ?? null),
  );
  const move = ({ event, now }: Decided): number | null =>
    now.serverAt === null ? null : now.serverAt - (event.serverAt ?? 0);
  const groups = grouped(changed, (each) =>
    [move(each), each.now.serverWall, each.now.reason].join(':'),
  );
  for (const group of groups) {
    const [first] = group;
    const by = move(first);
    const sets = [
      by === null ? 'server_at = NULL' : 'server_at = COALESCE(server_at, 0) + ?',
      'server_wall = ?',
      ...(table === 'attendance_quarantine' ? ['reason = ?'] : []),
    ];
    await manager.query(
      `UPDATE ${table} SET ${sets.join(', ')}
        WHERE source = ? AND month = ? AND event_id IN ${parameterList(group.length)}`,
      [
        ...(by === null ? [] : [by]),
        first.now.serverWall,
        ...(table === 'attendance_quarantine' ? [first.now.reason] : []),
        ...[source, month, ...idsOf(group)],
      ],
    );
  }
}

/** Notes what the batch says about the site's first day and its horizon. */
async function noteTimes(
  manager: EntityManager,
  { source }: Site,
  month: number,
  plausible: readonly Decided[],
  all: readonly Decided[],
): Promise<void> {
  let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { event } of plausible) earliest = Math.min(earliest, event.deviceAt ?? earliest);
  for (const { now } of all) latest = Math.max(latest, now.serverAt ?? latest);
  if (Number.isFinite(earliest)) await noteEarliest(manager, source, month, earliest);
  if (Number.isFinite(latest)) await noteLatestServer(manager, source, month, latest);
}

async function readEvents(
  manager: EntityManager,
  table: EventTableName,
  { source, batchSize }: Site,
  month: number,
  after: number,
): Promise<StoredEvent[]> {
  const own =
    table === 'attendance_event' ? 'employee_id AS employeeId' : 'NULL AS employeeId, reason';
  // MariaDB gives its whole numbers of 64 bits as text where they are large.
  const rows: (Omit<StoredEvent, 'reason'> & { readonly reason?: QuarantineReason })[] =
    await manager.query(
      `SELECT event_id AS id, user_code AS userCode, device_id AS deviceId, event_code AS eventCode,
              tna_key AS tnaKey, device_at AS deviceAt, server_at AS serverAt, server_wall AS serverWall, ${own}
         FROM ${table} WHERE source = ? AND month = ? AND event_id > ?
        ORDER BY event_id LIMIT ${batchSize}`,
      [source, month, after],
    );
  return rows.map(({ reason, ...row }) => ({
    ...row,
    id: Number(row.id),
    deviceAt: optionalNumber(row.deviceAt),
    serverAt: optionalNumber(row.serverAt),
    serverWall: optionalNumber(row.serverWall),
    reason: reason ?? null,
  }));
}

const optionalNumber = (value: number | null): number | null =>
  value === null ? null : Number(value);
