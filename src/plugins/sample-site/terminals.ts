// The terminals, and the outages during which some of them keep their events to upload them much later.
import type { Calendar } from './calendar.js';
import { type Day, type Instant, monthStart, secondsADay } from './days.js';

/** The gate's terminal is never out of reach. */
export const gate = 1;

export interface Outage {
  readonly device: number;
  readonly from: Instant;
  readonly to: Instant;
  /** When the upload begins. */
  readonly upload: Instant;
}

export interface Terminals {
  readonly count: number;
  readonly outages: readonly Outage[];
}

/** One terminal for 40 employees, at least 8; terminals 2 to 4 each have an outage. */
export function planTerminals(calendar: Calendar, employees: number): Terminals {
  const outage = (device: number, from: Day, to: Day, upload: Day): Outage => ({
    device,
    from: calendar.zone.startOf(from),
    to: calendar.zone.startOf(to + 1),
    upload: calendar.zone.instantOf(upload * secondsADay + 10.25 * 3600),
  });
  const { since } = calendar;
  const until = calendar.until.first;
  const turn = monthTurn(calendar);
  const past = lastDayOfPastMonth(calendar);
  return {
    count: Math.max(8, Math.ceil(employees / 40)),
    outages: [
      turn === null
        ? outage(2, since + 1, since + 2, since + 4)
        : outage(2, turn - 3, turn, turn + 9),
      outage(3, since + 2, since + 4, Math.min(since + 45, until - 1)),
      outage(4, past - 2, past, until + 1),
    ],
  };
}

/** The outage in which a terminal is at an instant; null when it is in reach. */
export function outageAt({ outages }: Terminals, device: number, at: Instant): Outage | null {
  return outages.find((each) => each.device === device && at >= each.from && at < each.to) ?? null;
}

/** When an event reaches the server: `delay` seconds later, or with the upload that ends the outage. */
export function arrivalIn(outage: Outage | null, at: Instant, delay: number): Instant {
  if (outage === null) return at + delay;
  // The upload keeps the order of the events and takes a quarter of an hour.
  const progress = (at - outage.from) / (outage.to - outage.from);
  return outage.upload + Math.floor(progress * 15 * 60);
}

/** A first of a month with work on both sides, early enough for an upload within the first step. */
function monthTurn({ since, until, isShut }: Calendar): Day | null {
  for (let turn = monthStart(since, 1); turn + 9 <= until.first; turn = monthStart(turn, 1)) {
    if (turn - 3 > since && !isShut(turn - 3) && !isShut(turn)) return turn;
  }
  return null;
}

/** The last day with work whose log table is no longer the newest, or one some days back in a short period. */
function lastDayOfPastMonth({ since, until, isShut }: Calendar): Day {
  const newest = monthStart(until.first + 1);
  for (let day = until.first - 2; day - 2 >= since; day--) {
    if (day < newest && !isShut(day)) return day;
  }
  return until.first - 4;
}
