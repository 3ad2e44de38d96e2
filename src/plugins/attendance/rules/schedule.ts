// Rule 5: which shift an employee works on a date, and when it starts and ends.
import { secondsPerDay, weekday } from './calendar.js';
import type { SiteZone } from './site-zone.js';

/** A shift; times are seconds after midnight, grace is whole minutes. */
export interface ShiftPattern {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly graceLateMinutes: number;
  readonly graceEarlyMinutes: number;
  /** Seven characters `0` or `1`, Monday first. */
  readonly workDays: string;
}

/** An employee has a shift from one day to another, both inclusive. */
export interface Assignment {
  readonly id: number;
  /** Undefined when the shift it names is unknown; such days are off. */
  readonly shift: ShiftPattern | undefined;
  readonly startDay: number;
  /** Undefined while open. */
  readonly endDay: number | undefined;
}

/** The shift of one work day as instants. */
export interface PlannedShift {
  readonly shift: ShiftPattern;
  readonly start: number;
  readonly end: number;
}

/** What one employee is to work, day by day. */
export class Schedule {
  /** The assignment that counts comes first: the latest start, then the highest id. */
  readonly assignments: readonly Assignment[];

  constructor(
    private readonly zone: SiteZone,
    assignments: readonly Assignment[],
  ) {
    this.assignments = [...assignments].sort((a, b) => b.startDay - a.startDay || b.id - a.id);
  }

  /** The shift of a day, or undefined on an off day. */
  on(day: number): PlannedShift | undefined {
    const shift = this.assignments.find(
      ({ startDay, endDay }) => day >= startDay && (endDay === undefined || day <= endDay),
    )?.shift;
    if (shift?.workDays[weekday(day)] !== '1') return undefined;
    const endDay = shift.end > shift.start ? day : day + 1;
    return {
      shift,
      start: this.zone.instantOf(day * secondsPerDay + shift.start, 'first'),
      end: this.zone.instantOf(endDay * secondsPerDay + shift.end, 'first'),
    };
  }
}
