// Computes marked days, a page at a time: reads their taps, writes their results, removes their marks.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import { dayResult } from '../rules/day-result.js';
import { type DayWindow, dayWindow } from '../rules/day-window.js';
import { employmentDays } from '../rules/employment-days.js';
import { collapse } from '../rules/taps.js';
import { type ComputedDay, writeDays } from '../store/compliance-days.js';
import { holdCoverage } from '../store/coverage.js';
import { type DirtyDay, dirtyDaysBetween, unmarkDays } from '../store/dirty-days.js';
import type { Person } from '../store/person.js';
import { between, readTaps } from '../store/taps.js';
import type { Horizon } from './horizon.js';

/** A marked day that can be done with: computed, or forgotten when the employee does not have it. */
interface Closed {
  readonly person: Person;
  readonly day: number;
  /** Undefined when the employee does not have the day. */
  readonly window: DayWindow | undefined;
}

/** A page of marked days, sorted by what can be done with them. */
export interface SortedPage {
  readonly closed: readonly Closed[];
  /** Days that stay marked until their windows close. */
  readonly open: number;
}

/** Sorts marked days; those of people who are not given stay as they are. */
export function sortPage(
  days: readonly DirtyDay[],
  people: readonly Person[],
  { site, firstDay, at }: Horizon,
): SortedPage {
  const byId = new Map(people.map((person) => [person.id, person]));
  const closed: Closed[] = [];
  let open = 0;
  for (const { employeeId, day } of days) {
    const person = byId.get(employeeId);
    if (!person) continue;
    const has = employmentDays(person, firstDay);
    if (day < has.first || day > has.last) {
      closed.push({ person, day, window: undefined });
      continue;
    }
    const window = dayWindow(person.schedule, site.zone, day);
    if (window.to <= at) closed.push({ person, day, window });
    else open += 1;
  }
  return { closed, open };
}

/**
 * Computes the closed days of a page, within a transaction that has done nothing yet. Three things keep a result
 * from being older than what it replaces: coverage is held, so that nobody else computes these people; it
 * must carry the fingerprint the days are computed with; and a mark is removed only as it was when the taps
 * were read, so that an event that arrives meanwhile leaves its day marked.
 */
export async function computePage(
  manager: EntityManager,
  dialect: Dialect,
  closed: readonly Closed[],
  { site }: Horizon,
): Promise<ComputedDay[]> {
  const [first, last] = [closed[0], closed.at(-1)];
  if (!first || !last) return [];
  const coverage = await holdCoverage(manager, dialect, [
    ...new Set(closed.map(({ person }) => person.id)),
  ]);
  const marked = new Map(
    (await dirtyDaysBetween(manager, keyOf(first), keyOf(last))).map((day) => [nameOf(day), day]),
  );
  const mine = closed.filter(
    (each) =>
      coverage.get(each.person.id)?.fingerprint === each.person.fingerprint &&
      marked.has(nameOf(keyOf(each))),
  );
  const taps = await readTaps(
    manager,
    mine.flatMap(({ person, window }) => (window ? { employeeId: person.id, ...window } : [])),
  );
  const computed = mine.flatMap(({ person, day, window }): ComputedDay[] => {
    if (!window) return [];
    const instants = between(taps.get(person.id) ?? [], window.from, window.to);
    const result = dayResult(person.schedule.on(day), collapse(instants, site.collapseSeconds));
    return [{ employeeId: person.id, day, result }];
  });
  await writeDays(manager, dialect, computed);
  await unmarkDays(
    manager,
    mine.flatMap((each) => marked.get(nameOf(keyOf(each))) ?? []),
  );
  return computed;
}

const keyOf = ({ person, day }: Closed) => ({ employeeId: person.id, day });
const nameOf = ({ employeeId, day }: { employeeId: number; day: number }): string =>
  `${employeeId}:${day}`;
