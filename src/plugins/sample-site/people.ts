// The employees of a site: the cast first, then as many colleagues as were asked for.
import type { Calendar } from './calendar.js';
import { makeCast } from './cast.js';
import type { Day } from './days.js';
import { makeName } from './names.js';
import type { People, Person, PersonDraft } from './person.js';
import { Random, stream } from './random.js';
import {
  always,
  corrected,
  nightThenDay,
  nightThenEvening,
  rotating,
  type Schedule,
  standingIn,
  watch,
} from './schedules.js';
import { shifts } from './shifts.js';

const firstId = 1001;

/** Employees whom HRIS has in the later step only. */
const newcomers = 1;

export function makePeople(
  calendar: Calendar,
  options: { seed: number; employees: number; terminals: number },
): People {
  const cast = makeCast(calendar);
  let assignmentId = 0;
  const make = (_: unknown, index: number): Person => {
    const random = new Random(options.seed, stream.people, index);
    const draft = cast[index] ?? makeColleague(calendar, random, index - cast.length);
    const hired = draft.hired ?? calendar.since - random.int(30, 3_000);
    const left = draft.left ?? null;
    return {
      id: firstId + index,
      code: draft.code,
      name: makeName(random),
      hired,
      left,
      suspended: draft.suspended ?? false,
      known: draft.known ?? 'first',
      leftKnown: draft.leftKnown ?? 'first',
      triesBadge: draft.triesBadge ?? false,
      badgeReissued: draft.badgeReissued ?? null,
      assignments: draft
        .schedule({ hired, left }, calendar)
        .map((assignment) => ({ ...assignment, id: ++assignmentId })),
      terminal: (index % options.terminals) + 1,
      lunches: random.chance(0.6),
    };
  };
  const [first, ...others] = Array.from({ length: options.employees + newcomers }, make);
  if (first === undefined) throw new RangeError('a site needs employees');
  return [first, ...others];
}

const { day, office, fixedNight, early, late, midnight } = shifts;

function makeColleague(calendar: Calendar, random: Random, index: number): PersonDraft {
  const code = String(200 + index).padStart(4, '0');
  const draft = { code, schedule: makeSchedule(calendar, random) };
  const inPeriod = (): Day => calendar.at(random.next());
  const turn = random.weighted({ stays: 880, left: 45, leaves: 30, joins: 35, suspended: 10 });
  if (turn === 'left') return { ...draft, left: calendar.since - random.int(2, 29) };
  if (turn === 'leaves') return { ...draft, left: inPeriod() };
  if (turn === 'joins') return { ...draft, hired: inPeriod() };
  if (turn === 'suspended') return { ...draft, suspended: true };
  return draft;
}

function makeSchedule(calendar: Calendar, random: Random): Schedule {
  const ways = {
    day: 52,
    office: 14,
    nightThenDay: 6,
    nightThenEvening: 8,
    fixedNight: 6,
    late: 5,
    early: 3,
    midnight: 2,
    watch: 1,
    standingIn: 2,
    corrected: 1,
  };
  switch (random.weighted(ways)) {
    case 'day':
      return always(day);
    case 'office':
      return always(office);
    case 'nightThenDay':
      return rotating(nightThenDay, random.int(0, 5));
    case 'nightThenEvening':
      return rotating(nightThenEvening, random.int(0, 7));
    case 'fixedNight':
      return always(fixedNight);
    case 'late':
      return always(late);
    case 'early':
      return always(early);
    case 'midnight':
      return always(midnight);
    case 'watch':
      return rotating(watch, random.int(0, 2));
    case 'standingIn':
      return standingIn(day, fixedNight, calendar.at(random.next() * 0.9), random.int(3, 6));
    case 'corrected':
      return corrected(office, day);
  }
}
