// How the suites of rules write instants, days and shifts.
import { dayNumber, timeOfDay } from '../../../../src/plugins/attendance/rules/calendar.js';
import {
  type Assignment,
  Schedule,
  type ShiftPattern,
} from '../../../../src/plugins/attendance/rules/schedule.js';
import { SiteZone } from '../../../../src/plugins/attendance/rules/site-zone.js';

export const utc = new SiteZone('UTC');
export const cairo = new SiteZone('Africa/Cairo');
export const berlin = new SiteZone('Europe/Berlin');

/** Unix seconds of an instant in UTC: `2024-04-25 22:00` or with seconds. */
export function at(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`) / 1_000;
}

/** The other way round, for readable failures. */
export const utcText = (instant: number): string =>
  new Date(instant * 1_000).toISOString().slice(0, 19).replace('T', ' ');

export function day(date: string): number {
  const number = dayNumber(date);
  if (number === undefined) throw new RangeError(date);
  return number;
}

const time = (text: string): number => {
  const seconds = timeOfDay(text);
  if (seconds === undefined) throw new RangeError(text);
  return seconds;
};

export interface ShiftLiteral {
  readonly id?: number;
  /** `22:00-06:00` */
  readonly hours: string;
  readonly workDays?: string;
  readonly grace?: readonly [late: number, early: number];
}

export function shift({ id = 1, hours, workDays, grace = [0, 0] }: ShiftLiteral): ShiftPattern {
  const [start = '', end = ''] = hours.split('-');
  return {
    id,
    start: time(start),
    end: time(end),
    graceLateMinutes: grace[0],
    graceEarlyMinutes: grace[1],
    workDays: workDays ?? '1111111',
  };
}

/** `from` and `to` are dates; open when `to` is left out. */
export function assigned(
  pattern: ShiftPattern | undefined,
  from = '2000-01-01',
  to?: string,
  id = 1,
): Assignment {
  return {
    id,
    shift: pattern,
    startDay: day(from),
    endDay: to === undefined ? undefined : day(to),
  };
}

/** Somebody who has one shift for ever. */
export const always = (zone: SiteZone, literal: ShiftLiteral): Schedule =>
  new Schedule(zone, [assigned(shift(literal))]);
