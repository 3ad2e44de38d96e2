// From an instant to the day or days of an employee whose windows hold it, remembering the last answer:
// an employee's events come mostly in order, so most of them fall where the one before fell.
import { dayWindow } from './day-window.js';
import type { Schedule } from './schedule.js';
import type { SiteZone } from './site-zone.js';

/** How far from an instant's local date the day may be whose window holds it: a shift may end almost two
 * days after its date begins, and 6 hours are added; one that starts at midnight opens 4 hours before. */
const reach = { back: 2, ahead: 1 } as const;

/** A stretch of time in which every instant belongs to the same days. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly days: readonly number[];
}

/** Finds the days of one employee. */
export class DayFinder {
  #last: Stretch = { from: 0, to: 0, days: [] };

  constructor(
    private readonly schedule: Schedule,
    private readonly zone: SiteZone,
  ) {}

  /** The days whose windows hold the instant: nearly always one, none between two windows. */
  daysHolding(instant: number): readonly number[] {
    if (instant < this.#last.from || instant >= this.#last.to) this.#last = this.#stretch(instant);
    return this.#last.days;
  }

  #stretch(instant: number): Stretch {
    const date = this.zone.dayOf(instant);
    let from = this.zone.startOfDay(date);
    let to = this.zone.startOfDay(date + 1);
    const days: number[] = [];
    for (let day = date - reach.back; day <= date + reach.ahead; day += 1) {
      const window = dayWindow(this.schedule, this.zone, day);
      if (instant >= window.from && instant < window.to) days.push(day);
      for (const edge of [window.from, window.to]) {
        if (edge <= instant) from = Math.max(from, edge);
        else to = Math.min(to, edge);
      }
    }
    return { from, to, days };
  }
}
