// Finds the days that must be computed without an event having touched them: those that have become due, and
// all days of an employee whose schedule or employment changed.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import { type DayRange, employmentDays, noDays } from '../rules/employment-days.js';
import { deleteDaysOutside } from '../store/compliance-days.js';
import { type Coverage, readCoverage, writeCoverage } from '../store/coverage.js';
import { DayMarks, markDays } from '../store/dirty-days.js';
import type { Person } from '../store/person.js';
import { dueDays, type Horizon } from './horizon.js';

/** Days to compute anew though nothing calls for it. */
export interface Forced extends DayRange {
  readonly employee: number | undefined;
}

/**
 * Marks the due days of employees given in the order of their ids, and brings their coverage up to date, within
 * a transaction. What is marked here is what coverage says from then on: a day is never due twice.
 */
export async function markDueDays(
  manager: EntityManager,
  dialect: Dialect,
  people: readonly Person[],
  horizon: Horizon,
  forced: Forced | undefined,
): Promise<void> {
  const ids = people.map(({ id }) => id);
  const covered = await readCoverage(manager, ids);
  const marks = new DayMarks();
  const changed: Coverage[] = [];
  for (const person of people) {
    const before = covered.get(person.id);
    const now = coverageOf(person, horizon, before);
    if (forced && (forced.employee ?? person.id) === person.id) {
      marks.add(person.id, days(intersection(forced, now)));
    }
    if (before && isSame(before, now)) continue;
    changed.push(now);
    const known = before?.fingerprint === now.fingerprint ? before : noDays;
    const missing = days(now).filter((day) => day < known.first || day > known.last);
    marks.add(person.id, missing);
  }
  await writeCoverage(manager, dialect, changed);
  for (const now of changed) {
    if (covered.has(now.employeeId)) await deleteDaysOutside(manager, now.employeeId, now);
  }
  await markDays(manager, dialect, marks);
}

/**
 * The days that are to be covered by now. While the person is the same, their end never goes back: a clock that is
 * behind for a moment undoes no day. Their beginning follows the site's first day, which moves to a later day when
 * the events before it have gone into quarantine.
 */
function coverageOf(person: Person, horizon: Horizon, before: Coverage | undefined): Coverage {
  const { id: employeeId, fingerprint } = person;
  const due = dueDays(person, horizon);
  if (before?.fingerprint !== fingerprint) return { employeeId, fingerprint, ...due };
  const has = employmentDays(person, horizon.firstDay);
  const covered = intersection(union(before, due), has);
  return { employeeId, fingerprint, ...(isEmpty(covered) ? noDays : covered) };
}

const isEmpty = ({ first, last }: DayRange): boolean => first > last;

const isSame = (a: Coverage, b: Coverage): boolean =>
  a.fingerprint === b.fingerprint && a.first === b.first && a.last === b.last;

function union(a: DayRange, b: DayRange): DayRange {
  if (isEmpty(a)) return { first: b.first, last: b.last };
  if (isEmpty(b)) return { first: a.first, last: a.last };
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) };
}

function intersection(a: DayRange, b: DayRange): DayRange {
  return { first: Math.max(a.first, b.first), last: Math.min(a.last, b.last) };
}

function days({ first, last }: DayRange): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
