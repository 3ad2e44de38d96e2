// Rule 10: between which days, and until when, anything can be said.
import type { EntityManager } from 'typeorm';
import { type DayRange, employmentDays, lastClosedDay, noDays } from '../rules/employment-days.js';
import type { Site } from '../site.js';
import { hasCoverage } from '../store/coverage.js';
import { readSiteTimes } from '../store/cursors.js';
import type { Person } from '../store/person.js';

/** What is fixed for the whole of a calculation. */
export interface Horizon {
  readonly site: Site;
  /** The site's first day: the local date of the earliest plausible event, or `never` when none is left. */
  readonly firstDay: number;
  /** Days whose windows have closed by now can be computed, unix seconds. */
  readonly at: number;
}

/** Later than every day that anybody has. */
const never = Number.MAX_SAFE_INTEGER;

/**
 * The earlier of now and the latest server time seen; undefined before the first event. When all events have gone into
 * quarantine there is no first day, and nobody has a day any more.
 */
export async function readHorizon(
  manager: EntityManager,
  site: Site,
): Promise<Horizon | undefined> {
  const times = await readSiteTimes(manager);
  if (!times) {
    return (await hasCoverage(manager)) ? { site, firstDay: never, at: site.now() } : undefined;
  }
  return {
    site,
    firstDay: site.zone.dayOf(times.earliestAt),
    at: Math.min(site.now(), times.latestServerAt),
  };
}

/** The days of a person that are due: all but the last few have closed windows. */
export function dueDays(person: Person, { site, firstDay, at }: Horizon): DayRange {
  const { first, last } = employmentDays(person, firstDay);
  const closed = Math.min(last, lastClosedDay(person.schedule, site.zone, at));
  return first <= closed ? { first, last: closed } : noDays;
}
