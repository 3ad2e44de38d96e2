// Stores one page of events: cursor, events, quarantine and touched days, in one transaction.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { Site } from '../site.js';
import { moveCursor, noteEarliest, resetCursor } from '../store/cursors.js';
import { Directory } from '../store/directory.js';
import { DayMarks, markDays } from '../store/dirty-days.js';
import { assignIds } from '../store/event-ids.js';
import { insertEvents, insertQuarantined } from '../store/events.js';
import { holdSettings } from '../store/settings.js';
import type { SortedEvents } from './sort-events.js';

export interface Page {
  readonly month: number;
  readonly lastId: number;
  readonly events: SortedEvents;
  /** True when the table is being read from its beginning. */
  readonly fromStart: boolean;
}

export interface StoredPage {
  /** Events stored, `unmatched` ones included. */
  readonly stored: number;
  readonly unmatched: number;
  readonly quarantined: number;
  /** Events that were there already. */
  readonly duplicates: number;
  /** New events whose id another event had before: the log table was made anew. */
  readonly reusedIds: number;
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
  const { newIds, reusedIds } = await assignIds(manager, { source: site.source, month }, [
    ...events.plausible,
    ...events.distrusted,
  ]);
  const renamed = <Event extends { readonly id: number }>(event: Event): readonly Event[] => {
    const id = newIds.get(event.id);
    return id === undefined ? [] : [{ ...event, id }];
  };
  // Made anew, it is read from its beginning, by this run or by the one after it.
  if (reusedIds > 0 && !page.fromStart) await resetCursor(manager, site.source, month);

  const marks = new DayMarks();
  let unmatched = 0;
  let earliestAt = Number.POSITIVE_INFINITY;
  const stored = events.plausible.flatMap(renamed).map((event) => {
    earliestAt = Math.min(earliestAt, event.deviceAt);
    const employeeId = directory.match(event.userCode, event.deviceAt);
    if (employeeId === null) unmatched += 1;
    else marks.add(employeeId, directory.daysOf(employeeId, event.deviceAt));
    return { ...event, employeeId };
  });
  const quarantined = events.distrusted.flatMap(renamed);
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
    reusedIds,
    dirtyDays: await markDays(manager, dialect, marks),
    directory,
  };
}
