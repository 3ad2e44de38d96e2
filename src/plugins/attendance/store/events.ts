// Writes events, and quarantined ones, as they were decided.
import type { EntityManager } from 'typeorm';
import { isDuress } from '../rules/event-class.js';
import type { DistrustedEvent, PlausibleEvent } from '../sync/sort-events.js';
import { type BulkTarget, insertRows, parameterList, type SqlValue } from './bulk.js';

/** A plausible event and whose it is; null when nobody matches. */
export interface MatchedEvent extends PlausibleEvent {
  readonly employeeId: number | null;
}

/** Events of one log table. */
export interface EventTable {
  readonly source: string;
  readonly month: number;
}

export type EventTableName = 'attendance_event' | 'attendance_quarantine';

const identity = ['source', 'month', 'event_id'];
const origin = ['user_code', 'device_id', 'event_code', 'tna_key'];

const eventTarget: BulkTarget = {
  table: 'attendance_event',
  columns: [...identity, 'employee_id', 'device_at', 'server_at', 'duress', ...origin],
};

const quarantineTarget: BulkTarget = {
  table: 'attendance_quarantine',
  columns: [...identity, 'reason', 'device_at', 'server_at', ...origin],
};

export function insertEvents(
  manager: EntityManager,
  { source, month }: EventTable,
  events: readonly MatchedEvent[],
): Promise<void> {
  return insert(manager, eventTarget, events, (event) => [
    ...[source, month, event.id, event.employeeId, event.deviceAt, event.serverAt],
    ...[isDuress(event.eventCode), event.userCode, event.deviceId, event.eventCode, event.tnaKey],
  ]);
}

export function insertQuarantined(
  manager: EntityManager,
  { source, month }: EventTable,
  events: readonly DistrustedEvent[],
): Promise<void> {
  return insert(manager, quarantineTarget, events, (event) => [
    ...[source, month, event.id, event.reason, event.deviceAt, event.serverAt],
    ...[event.userCode, event.deviceId, event.eventCode, event.tnaKey],
  ]);
}

/** Hardly any event has a wall time to keep; the others are spared the column. */
async function insert<Event extends { readonly serverWall: number | null }>(
  manager: EntityManager,
  target: BulkTarget,
  events: readonly Event[],
  rowOf: (event: Event) => SqlValue[],
): Promise<void> {
  const [usual, withWall]: [SqlValue[][], SqlValue[][]] = [[], []];
  for (const event of events) {
    if (event.serverWall === null) usual.push(rowOf(event));
    else withWall.push([...rowOf(event), event.serverWall]);
  }
  await insertRows(manager, target, usual);
  const columns = [...target.columns, 'server_wall'];
  await insertRows(manager, { ...target, columns }, withWall);
}

/** Deletes events of one log table. */
export async function deleteEvents(
  manager: EntityManager,
  table: EventTableName,
  { source, month }: EventTable,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  await manager.query(
    `DELETE FROM ${table} WHERE source = ? AND month = ? AND event_id IN ${parameterList(ids.length)}`,
    [source, month, ...ids],
  );
}
