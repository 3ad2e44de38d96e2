// Stores one page of events: cursor, events, quarantine and touched days, in one transaction.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { Site } from '../site.js';
import { moveCursor, noteEarliest } from '../store/cursors.js';
import { Directory } from '../store/directory.js';
import { DayMarks, markDays } from '../store/dirty-days.js';
import { insertEvents, insertQuarantined } from '../store/events.js';
import { holdSettings } from '../store/settings.js';
import type { SortedEvents } from './sort-events.js';

export interface Page {
  readonly month: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly events: SortedEvents;
}

export interface StoredPage {
  /** Events stored, `unmatched` ones included. */
  readonly stored: number;
  readonly unmatched: number;
  readonly quarantined: number;
  /** Events that were there already. */
  readonly duplicates: number;
  /** Employee-days marked. */
  readonly dirtyDays: number;
  /** The directory it was matched with; hand it to the next page. */
  readonly directory: Directory;
}

/**
 * Stores what is new of a page, within a transaction that has done nothing yet. When the transaction fails,
 * nothing of the page has happened; when it commits, all of it has.
 * @throws SettingsConflictError when stored events are decided with other settings than this site's.
 */
export async function storePage(
  manager: EntityManager,
  dialect: Dialect,
  site: Site,
  page: Page,
  known: Directory,
): Promise<StoredPage> {
  const { month, events } = page;
  await holdSettings(manager, dialect, site);
  await moveCursor(manager, dialect, site.source, month, { ...events, lastId: page.lastId });
  const directory = await Directory.hold(manager, dialect, site, known);
  const present = await presentIds(manager, site.source, page);
  const isNew = ({ id }: { readonly id: number }): boolean => !present.has(id);

  const marks = new DayMarks();
  let unmatched = 0;
  let earliestAt = Number.POSITIVE_INFINITY;
  const stored = events.plausible.filter(isNew).map((event) => {
    earliestAt = Math.min(earliestAt, event.deviceAt);
    const employeeId = directory.match(event.userCode, event.deviceAt);
    if (employeeId === null) unmatched += 1;
    else marks.add(employeeId, directory.daysOf(employeeId, event.deviceAt));
    return { ...event, employeeId };
  });
  const quarantined = events.distrusted.filter(isNew);
  const table = { source: site.source, month };
  await insertEvents(manager, table, stored);
  await insertQuarantined(manager, table, quarantined);
  if (stored.length > 0) await noteEarliest(manager, site.source, month, earliestAt);
  return {
    stored: stored.length,
    unmatched,
    quarantined: quarantined.length,
    duplicates:
      events.plausible.length + events.distrusted.length - stored.length - quarantined.length,
    dirtyDays: await markDays(manager, dialect, marks),
    directory,
  };
}

/** Ids between the page's first and last that were stored before. */
async function presentIds(
  manager: EntityManager,
  source: string,
  { month, firstId, lastId }: Page,
): Promise<Set<number>> {
  const between = 'WHERE source = ? AND month = ? AND event_id BETWEEN ? AND ?';
  const rows: { id: number }[] = await manager.query(
    `SELECT event_id AS id FROM attendance_event ${between}
      UNION ALL SELECT event_id AS id FROM attendance_quarantine ${between}`,
    [source, month, firstId, lastId, source, month, firstId, lastId],
  );
  return new Set(rows.map(({ id }) => Number(id)));
}
