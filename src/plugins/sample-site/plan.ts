// The plan of a site: small and pure. Its days are planned one after the other, as they are asked for.
import { type Calendar, makeCalendar } from './calendar.js';
import { type DayPlan, type DaySite, planDay } from './day-plan.js';
import type { Day } from './days.js';
import { type Planted, Terminal } from './events.js';
import { type SiteOptions, siteOptions } from './options.js';
import { makeUnits, type Unit } from './organisation.js';
import { makePeople } from './people.js';
import type { People } from './person.js';
import { makePostings, type Posting } from './postings.js';
import { Random, stream } from './random.js';
import { Roster } from './roster.js';
import { planStrangers } from './strangers.js';
import { planTerminals } from './terminals.js';

/** What {@link planSite} decided; hand it to `writeSite`, `writeLater` and `answerKey`. */
export interface SitePlan {
  readonly calendar: Calendar;
  readonly people: People;
  readonly units: readonly Unit[];
  readonly postings: readonly Posting[];
  readonly site: DaySite;
}

/** Everything that is planted on one day. */
export interface PlannedDay {
  readonly day: Day;
  readonly people: readonly DayPlan[];
  readonly strangers: readonly Planted[];
}

/**
 * Plans a site. The same options always give the same plan.
 * @throws ZodError when an option is out of range.
 */
export function planSite(options: SiteOptions): SitePlan {
  const { seed, employees, ...period } = siteOptions.parse(options);
  const calendar = makeCalendar(period);
  const terminals = planTerminals(calendar, employees);
  const people = makePeople(calendar, { seed, employees, terminals: terminals.count });
  const units = makeUnits(new Random(seed, stream.units));
  return {
    calendar,
    people,
    units,
    postings: makePostings(people, units, calendar, seed),
    site: {
      seed,
      calendar,
      roster: new Roster(calendar),
      terminal: new Terminal(calendar, terminals),
      terminals: terminals.count,
    },
  };
}

/**
 * The days of both steps in order. The day before the first is among them for the nights that end within
 * the period, the day after the last for the taps of its eve.
 */
export function* plannedDays({ calendar, people, site }: SitePlan): Generator<PlannedDay> {
  for (let day = calendar.since - 1; day <= calendar.until.later + 1; day++) {
    yield {
      day,
      people: people.map((person) => planDay(site, person, day)),
      strangers: planStrangers(site, people, day),
    };
  }
}

/** All events of a planned day, in no particular order. */
export function* eventsOf({ people, strangers }: PlannedDay): Generator<Planted> {
  for (const { taps, others } of people) {
    yield* taps;
    yield* others;
  }
  yield* strangers;
}
