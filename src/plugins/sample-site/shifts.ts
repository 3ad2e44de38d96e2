// The shifts of a site, and when they begin and end on a given date.
import { type Day, type Instant, secondsADay, weekday } from './days.js';
import type { SiteZone } from './zone.js';

export interface Shift {
  readonly id: number;
  readonly code: string;
  readonly nameEn: string;
  readonly nameAr: string;
  /** `HH:MM`. */
  readonly start: string;
  /** `HH:MM`; not after the start: it ends the next day. */
  readonly end: string;
  readonly graceLate: number;
  readonly graceEarly: number;
  /** Seven characters `0` or `1`, Monday first. */
  readonly workDays: string;
  readonly active: boolean;
}

const sundayToThursday = '1111001';
const saturdayToThursday = '1111011';
const everyDay = '1111111';

const shift = (
  id: number,
  code: string,
  names: readonly [en: string, ar: string],
  hours: readonly [start: string, end: string],
  grace: readonly [late: number, early: number],
  workDays: string,
): Shift => ({
  id,
  code,
  nameEn: names[0],
  nameAr: names[1],
  start: hours[0],
  end: hours[1],
  graceLate: grace[0],
  graceEarly: grace[1],
  workDays,
  active: true,
});

export const shifts = {
  day: shift(1, 'DAY', ['Day', 'نهاري'], ['08:00', '17:00'], [10, 10], sundayToThursday),
  office: shift(2, 'OFFICE', ['Office', 'إداري'], ['09:00', '17:00'], [15, 5], sundayToThursday),
  plantDay: shift(3, 'PLANT-D', ['Plant day', 'مصنع نهار'], ['08:00', '16:00'], [5, 5], everyDay),
  morning: shift(
    4,
    'PLANT-M',
    ['Plant morning', 'مصنع صباح'],
    ['06:00', '14:00'],
    [5, 5],
    everyDay,
  ),
  evening: shift(
    5,
    'PLANT-E',
    ['Plant evening', 'مصنع مساء'],
    ['14:00', '22:00'],
    [5, 5],
    everyDay,
  ),
  night: shift(6, 'PLANT-N', ['Plant night', 'مصنع ليل'], ['22:00', '06:00'], [5, 5], everyDay),
  /** Ends within the hour that Cairo's clocks repeat in autumn. */
  late: shift(7, 'LATE', ['Late', 'مسائي'], ['15:00', '23:30'], [10, 10], saturdayToThursday),
  fixedNight: shift(8, 'NIGHT', ['Night', 'ليلي'], ['22:00', '07:00'], [10, 0], sundayToThursday),
  /** Its window begins the evening before. */
  early: shift(9, 'EARLY', ['Kitchen', 'المطبخ'], ['03:30', '11:30'], [0, 10], saturdayToThursday),
  /** Begins within the hour that Cairo's clocks skip in spring. */
  midnight: shift(10, 'GATE', ['Gate', 'البوابة'], ['00:30', '08:30'], [10, 10], everyDay),
  /** 24 hours: the end is not after the start. */
  fireWatch: shift(11, 'FIRE', ['Fire watch', 'الإطفاء'], ['08:00', '08:00'], [15, 15], everyDay),
} as const satisfies Record<string, Shift>;

/** Every row of TMS_Shift; the last one is out of use. */
export const allShifts: readonly Shift[] = [
  ...Object.values(shifts),
  {
    ...shift(12, 'SUMMER', ['Summer', 'صيفي'], ['07:00', '14:00'], [10, 10], sundayToThursday),
    active: false,
  },
];

export interface Bounds {
  readonly start: Instant;
  readonly end: Instant;
}

export const isWorkDay = (shift: Shift, day: Day): boolean => shift.workDays[weekday(day)] === '1';

/** Makes a function that tells when a shift begins and ends on a date; it remembers what it found. */
export function shiftBounds(zone: SiteZone): (shift: Shift, day: Day) => Bounds {
  const known = new Map<number, Bounds>();
  return (shift, day) => {
    const key = day * 100 + shift.id;
    let bounds = known.get(key);
    if (bounds === undefined) {
      const [start, end] = [secondsOf(shift.start), secondsOf(shift.end)];
      const endDay = end > start ? day : day + 1;
      bounds = {
        start: zone.instantOf(day * secondsADay + start, 'first'),
        end: zone.instantOf(endDay * secondsADay + end, 'first'),
      };
      known.set(key, bounds);
    }
    return bounds;
  };
}

function secondsOf(time: string): number {
  return Number(time.slice(0, 2)) * 3600 + Number(time.slice(3)) * 60;
}
