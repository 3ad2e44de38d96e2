// Who has which shift on which day, and the stretch of time whose taps belong to an employee's day.
import type { Calendar } from './calendar.js';
import type { Day, Instant } from './days.js';
import { type Bounds, isWorkDay, type Shift, shiftBounds } from './shifts.js';

export interface Assignment {
  readonly id: number;
  readonly shift: Shift;
  readonly from: Day;
  /** Inclusive; null: open. */
  readonly to: Day | null;
}

/** The times of one employee's day. */
export interface DayTimes {
  /** Null on an off day. */
  readonly work: (Bounds & { readonly shift: Shift }) | null;
  /** First instant whose taps belong to the day. */
  readonly opens: Instant;
  /** First instant whose taps no longer do. */
  readonly closes: Instant;
}

/** How far a window reaches where no other shift is near, in seconds. */
export const beforeStart = 4 * 3600;
export const afterEnd = 6 * 3600;

/** Answers for the days of a calendar, a day more at either end. */
export class Roster {
  readonly #zone: Calendar['zone'];
  readonly #first: Day;
  readonly #last: Day;
  readonly #boundsOf: (shift: Shift, day: Day) => Bounds;
  readonly #painted = new Map<readonly Assignment[], (Shift | null)[]>();

  constructor(calendar: Calendar) {
    this.#zone = calendar.zone;
    this.#first = calendar.since - 3;
    this.#last = calendar.until.later + 3;
    this.#boundsOf = shiftBounds(calendar.zone);
  }

  /** The shift that somebody with these assignments works on a day; null on an off day. */
  shiftOn(assignments: readonly Assignment[], day: Day): Shift | null {
    let days = this.#painted.get(assignments);
    if (days === undefined) {
      days = this.#paint(assignments);
      this.#painted.set(assignments, days);
    }
    const shift = days[day - this.#first] ?? null;
    return shift !== null && isWorkDay(shift, day) ? shift : null;
  }

  /** Rules 5 and 6 of docs/reference/attendance.md. */
  timesOf(assignments: readonly Assignment[], day: Day): DayTimes {
    const bounds = (on: Day): (Bounds & { shift: Shift }) | null => {
      const shift = this.shiftOn(assignments, on);
      return shift && { ...this.#boundsOf(shift, on), shift };
    };
    const [before, work, after] = [bounds(day - 1), bounds(day), bounds(day + 1)];
    let opens = work ? work.start - beforeStart : this.#zone.startOf(day);
    let closes = work ? work.end + afterEnd : this.#zone.startOf(day + 1);
    if (before) opens = Math.max(opens, work ? middle(before, work) : before.end + afterEnd);
    if (after) closes = Math.min(closes, work ? middle(work, after) : after.start - beforeStart);
    return { work, opens, closes };
  }

  /** Lays the assignments over each other, the one that counts most on top. */
  #paint(assignments: readonly Assignment[]): (Shift | null)[] {
    const days: (Shift | null)[] = Array.from({ length: this.#last - this.#first + 1 }, () => null);
    for (const { shift, from, to } of [...assignments].sort(
      (a, b) => a.from - b.from || a.id - b.id,
    )) {
      const start = Math.max(from - this.#first, 0);
      const end = Math.min(to ?? this.#last, this.#last) - this.#first + 1;
      if (end > start) days.fill(shift, start, end);
    }
    return days;
  }
}

/** The instant that divides two neighbouring windows. */
function middle(before: Bounds, after: Bounds): Instant {
  return Math.floor((before.end + after.start) / 2);
}
