// Rule 10: which days an employee has, and which of them are over.
import { dayWindow } from './day-window.js';
import type { Schedule } from './schedule.js';
import type { SiteZone } from './site-zone.js';

export interface Employment {
  readonly hireDay: number;
  readonly terminationDay: number | undefined;
  readonly active: boolean;
}

/** Days from `first` to `last`, both inclusive; none when `first` is after `last`. */
export interface DayRange {
  readonly first: number;
  readonly last: number;
}

/** No day at all. */
export const noDays: DayRange = { first: 0, last: -1 };

/** Every day that an employee has on a site whose first day is given; the last one may be infinite. */
export function employmentDays(employment: Employment, siteFirstDay: number): DayRange {
  const { hireDay, terminationDay, active } = employment;
  if (terminationDay === undefined && !active) return noDays;
  const first = Math.max(hireDay, siteFirstDay);
  const last = terminationDay ?? Number.POSITIVE_INFINITY;
  return first <= last ? { first, last } : noDays;
}

/** A window closes at the latest this many days after the day it belongs to begins. */
const longestWindowDays = 3;

/** The latest day whose window has closed at the horizon. */
export function lastClosedDay(schedule: Schedule, zone: SiteZone, horizon: number): number {
  let day = zone.dayOf(horizon) + 1;
  const surelyClosed = day - 1 - longestWindowDays;
  while (day > surelyClosed && dayWindow(schedule, zone, day).to > horizon) day -= 1;
  return day;
}
