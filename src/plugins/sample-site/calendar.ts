// The days of a site: its period, the step after it, and the shutdown that leaves a month without a table.
import { type Day, monthStart, parseDay, secondsADay, utcMonth } from './days.js';
import { SiteZone } from './zone.js';

/** `first` is the site as it is written; `later` is what it becomes two days on. */
export type Step = 'first' | 'later';

/** Days that the later step adds. */
const laterDays = 2;

/** Fewest days that must be left on either side of a shutdown. */
const daysBesideShutdown = 5;

interface Shutdown {
  readonly first: Day;
  readonly last: Day;
  /** `YYYYMM`, the UTC month in which no event has its device time. */
  readonly month: string;
}

export interface Calendar {
  readonly zone: SiteZone;
  /** First local day with events. */
  readonly since: Day;
  /** Last local day whose arrivals a step holds. */
  readonly until: Readonly<Record<Step, Day>>;
  /** The plant stands still: no shifts, no taps. Absent where the period has no room for it. */
  readonly shutdown: Shutdown | null;
  isShut(day: Day): boolean;
  /** The day after this fraction (0 to 1) of the days with work. */
  at(fraction: number): Day;
}

export function makeCalendar(options: { zone: string; days: number; until: string }): Calendar {
  const until = parseDay(options.until);
  const since = until - options.days + 1;
  const shutdown = findShutdown(since, until);
  const isShut = (day: Day): boolean =>
    shutdown !== null && day >= shutdown.first && day <= shutdown.last;
  const worked = Array.from({ length: options.days }, (_, index) => since + index).filter(
    (day) => !isShut(day),
  );
  return {
    zone: new SiteZone(options.zone, since - 2, until + laterDays + 2),
    since,
    until: { first: until, later: until + laterDays },
    shutdown,
    isShut,
    at: (fraction) => worked[Math.floor(fraction * worked.length)] ?? until,
  };
}

/**
 * The whole month nearest the middle of the period, a day longer at both ends, so that in no zone an event
 * of the days around it has its device time in that month of UTC.
 */
function findShutdown(since: Day, until: Day): Shutdown | null {
  let best: Shutdown | null = null;
  let widest = daysBesideShutdown - 1;
  for (let month = monthStart(since, 1); month < until; month = monthStart(month, 1)) {
    const [first, last] = [month - 1, monthStart(month, 1)];
    const beside = Math.min(first - since, until - last);
    if (beside <= widest) continue;
    widest = beside;
    best = { first, last, month: utcMonth(month * secondsADay) };
  }
  return best;
}
