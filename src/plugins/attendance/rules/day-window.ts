// Rule 6: the stretch of time whose taps belong to an employee's day.
import type { PlannedShift, Schedule } from './schedule.js';
import type { SiteZone } from './site-zone.js';

/** From `from` inclusive to `to` exclusive, unix seconds; empty when `from` is not before `to`. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
}

const beforeStart = 4 * 3_600;
const afterEnd = 6 * 3_600;

const midpoint = (ending: PlannedShift, starting: PlannedShift): number =>
  Math.floor((ending.end + starting.start) / 2);

function workWindow(
  previous: PlannedShift | undefined,
  planned: PlannedShift,
  next: PlannedShift | undefined,
): DayWindow {
  const from = planned.start - beforeStart;
  const to = planned.end + afterEnd;
  return {
    from: previous ? Math.max(from, midpoint(previous, planned)) : from,
    to: next ? Math.min(to, midpoint(planned, next)) : to,
  };
}

/** The window of a work day, or of an off day: its calendar day less what its neighbours' windows hold. */
export function dayWindow(schedule: Schedule, zone: SiteZone, day: number): DayWindow {
  const previous = schedule.on(day - 1);
  const planned = schedule.on(day);
  const next = schedule.on(day + 1);
  if (planned) return workWindow(previous, planned, next);

  const before = previous && workWindow(schedule.on(day - 2), previous, undefined);
  const after = next && workWindow(undefined, next, schedule.on(day + 2));
  return {
    from: Math.max(zone.startOfDay(day), before && !isEmpty(before) ? before.to : -Infinity),
    to: Math.min(zone.startOfDay(day + 1), after && !isEmpty(after) ? after.from : Infinity),
  };
}

const isEmpty = ({ from, to }: DayWindow): boolean => from >= to;
