// Under which ids the events of a page are stored. Normally those of the log table. A table that was made anew counts from 1
// again, so that an id may belong to another event by now: then device time and user tell the two apart, and the new one is
// stored beside the old one under an id that is higher by a fixed step for each time this has happened.
import type { EntityManager } from 'typeorm';

/** Far above the ids of a month, and small enough that thousands of steps stay exact. */
const step = 2 ** 40;

/** An event as far as it can be told from another one. */
interface Known {
  readonly id: number;
  readonly deviceAt: number | null;
  readonly userCode: string;
}

export interface AssignedIds {
  /** The id under which each event is to be stored, by its id in the log table; without those that are stored already. */
  readonly newIds: ReadonlyMap<number, number>;
  /** How many of the new events have an id that another event had before. */
  readonly reusedIds: number;
}

interface EventTable {
  readonly source: string;
  readonly month: number;
}

/** Finds out which events are stored already. @param events of one page of a log table. */
export async function assignIds(
  manager: EntityManager,
  table: EventTable,
  events: readonly Known[],
): Promise<AssignedIds> {
  const newIds = new Map<number, number>();
  let reusedIds = 0;
  let open = events;
  for (let offset = 0; open.length > 0; offset += step) {
    const stored = await storedAt(manager, table, open, offset);
    const taken: Known[] = [];
    for (const event of open) {
      const other = stored.get(event.id + offset);
      if (other === undefined) {
        newIds.set(event.id, event.id + offset);
        if (offset > 0) reusedIds += 1;
      } else if (other.deviceAt !== event.deviceAt || other.userCode !== event.userCode) {
        taken.push(event);
      }
    }
    open = taken;
  }
  return { newIds, reusedIds };
}

async function storedAt(
  manager: EntityManager,
  { source, month }: EventTable,
  events: readonly Known[],
  offset: number,
): Promise<Map<number, Known>> {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { id } of events) [first, last] = [Math.min(first, id), Math.max(last, id)];
  const select = (from: string): string =>
    `SELECT event_id AS id, device_at AS deviceAt, user_code AS userCode FROM ${from}
      WHERE source = ? AND month = ? AND event_id BETWEEN ? AND ?`;
  const range = [source, month, first + offset, last + offset];
  const rows: { id: unknown; deviceAt: unknown; userCode: string }[] = await manager.query(
    `${select('attendance_event')} UNION ALL ${select('attendance_quarantine')}`,
    [...range, ...range],
  );
  return new Map(
    rows.map(({ id, deviceAt, userCode }) => [
      Number(id),
      { id: Number(id), deviceAt: deviceAt === null ? null : Number(deviceAt), userCode },
    ]),
  );
}
