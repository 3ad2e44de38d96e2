// Stored events whose employee turns out to be another one than they were matched with.
import type { EntityManager } from 'typeorm';
import { parameterList } from '../store/bulk.js';
import type { Directory } from '../store/directory.js';
import type { DayMarks } from '../store/dirty-days.js';
import { grouped } from '../store/grouped.js';

/** A stored event as far as matching is concerned. */
export interface StoredMatch {
  readonly month: number;
  readonly id: number;
  readonly userCode: string;
  readonly employeeId: number | null;
  readonly deviceAt: number;
}

/** An event and whose it is now. */
export interface OwnerChange {
  readonly event: StoredMatch;
  readonly employeeId: number | null;
}

/** The events that are somebody else's, or nobody's, by the directory. */
export function ownerChanges(
  events: readonly StoredMatch[],
  directory: Directory,
): readonly OwnerChange[] {
  return events
    .map((event) => ({ event, employeeId: directory.match(event.userCode, event.deviceAt) }))
    .filter(({ event, employeeId }) => event.employeeId !== employeeId);
}

/** Gives events to whom they belong, and marks the days of those who had them and of those who get them. */
export async function changeOwners(
  manager: EntityManager,
  source: string,
  directory: Directory,
  changes: readonly OwnerChange[],
  marks: DayMarks,
): Promise<void> {
  for (const { event, employeeId } of changes) {
    for (const id of [event.employeeId, employeeId]) {
      if (id !== null) marks.add(id, directory.daysOf(id, event.deviceAt));
    }
  }
  const groups = grouped(changes, ({ event, employeeId }) => `${event.month}:${employeeId}`);
  for (const group of groups) {
    const [{ event, employeeId }] = group;
    await manager.query(
      `UPDATE attendance_event SET employee_id = ?
        WHERE source = ? AND month = ? AND event_id IN ${parameterList(group.length)}`,
      [employeeId, source, event.month, ...group.map((change) => change.event.id)],
    );
  }
}

/** How many of the changes give an event that was nobody's to an employee. */
export const countResolved = (changes: readonly OwnerChange[]): number =>
  changes.filter(({ event }) => event.employeeId === null).length;
