// One employee's day: what is meant to come of it, and the events planted to that end.
import type { Calendar } from './calendar.js';
import type { Day, Instant } from './days.js';
import {
  doorTypes,
  duressTypes,
  failureTypes,
  type Planted,
  successTypes,
  type Terminal,
  type Touch,
} from './events.js';
import { type Intent, intendDay, stayAway } from './intent.js';
import type { Person } from './person.js';
import { Random, stream } from './random.js';
import type { DayTimes, Roster } from './roster.js';
import { wrongTime } from './wrong-clocks.js';

export interface DayPlan {
  readonly person: Person;
  readonly day: Day;
  readonly times: DayTimes;
  readonly intent: Intent;
  /** The taps and repeats that belong to the day, in order of device time. */
  readonly taps: readonly Planted[];
  /** What else happened at the terminals: doors, refusals, punches under a wrong clock. */
  readonly others: readonly Planted[];
}

export interface DaySite {
  readonly seed: number;
  readonly calendar: Calendar;
  readonly roster: Roster;
  readonly terminal: Terminal;
  /** How many terminals there are. */
  readonly terminals: number;
}

/** How many seconds a clock may be ahead without being quarantined. */
const clockTolerance = 600;

export function planDay(site: DaySite, person: Person, day: Day): DayPlan {
  const { calendar, roster } = site;
  const times = roster.timesOf(person.assignments, day);
  const works =
    !person.suspended &&
    day >= person.hired &&
    day <= (person.left ?? day) &&
    !calendar.isShut(day);
  if (!works) return { person, day, times, intent: stayAway(times), taps: [], others: [] };

  const random = new Random(site.seed, stream.days, person.id, day);
  // Who begins today, or works on the day the site begins, has no taps of the evening before.
  const begins = day === person.hired || day === calendar.since;
  const earliest = begins ? Math.max(times.opens, calendar.zone.startOf(day)) : times.opens;
  const { transitions } = calendar.zone;
  const intent = intendDay({ times, earliest, transitions, lunches: person.lunches }, random);
  const opening = calendar.zone.startOf(calendar.since);
  const taps: Planted[] = [];
  const others: Planted[] = [];
  intent.kept.forEach((at, index) => {
    if (at < opening) return; // nothing was recorded yet
    const touch = makeTouch(site, person, at, random);
    taps.push(...tapsOf(site, { person, day, times, intent, index, at, touch }, random));
    others.push(...noiseOf(site, person, at, touch, random));
  });
  if (intent.lost !== null && intent.lost >= opening) {
    others.push(...lostPunch(site, person, intent.lost, random));
  }
  return { person, day, times, intent, taps, others };
}

function makeTouch(site: DaySite, person: Person, at: Instant, random: Random): Touch {
  const device = random.chance(0.9) ? person.terminal : random.int(1, site.terminals);
  const delay = random.chance(0.004) ? -clockTolerance : random.int(1, 9);
  return site.terminal.touch(device, at, delay);
}

interface Tapped {
  readonly person: Person;
  readonly day: Day;
  readonly times: DayTimes;
  readonly intent: Intent;
  readonly index: number;
  readonly at: Instant;
  readonly touch: Touch;
}

/** The tap itself and sometimes repeats of it, all of them less than 120 seconds later. */
function tapsOf(site: DaySite, tapped: Tapped, random: Random): Planted[] {
  const { person, day, times, intent, index, at, touch } = tapped;
  const duress = index === 0 && (person.id + day) % 97 === 0;
  const type = random.pick(duress ? duressTypes : successTypes);
  const repeats = random.chance(0.15)
    ? Array.from({ length: random.int(1, 2) }, () => random.pick([119, 2, random.int(3, 118)]))
    : [];
  const later = [...new Set(repeats)]
    .sort((a, b) => a - b)
    .map((offset) => at + offset)
    .filter((instant) => instant < times.closes);
  const direction = index < intent.kept.length - 1 ? 1 : 2;
  return [at, ...later].map((instant, repeat) =>
    site.terminal.event(touch, {
      at: instant,
      user: person.code,
      type,
      tnaKey: tnaKey(direction, random),
      fate: repeat === 0 ? 'tap' : 'repeat',
      person,
    }),
  );
}

/** Mostly empty, and sometimes the wrong key. */
function tnaKey(direction: 1 | 2, random: Random): number | null {
  if (!random.chance(0.12)) return null;
  return random.chance(0.05) ? 3 - direction : direction;
}

/** Events beside a tap that are not attendance. */
function noiseOf(
  { terminal }: DaySite,
  person: Person,
  at: Instant,
  touch: Touch,
  random: Random,
): Planted[] {
  const noise: Planted[] = [];
  if (random.chance(0.03)) {
    const type = random.pick(failureTypes);
    noise.push(terminal.event(touch, { at: at - 4, user: person.code, type, fate: 'passed-over' }));
  }
  if (random.chance(0.52)) {
    const type = random.pick(doorTypes);
    noise.push(terminal.event(touch, { at: at + 1, user: '', type, fate: 'passed-over' }));
  }
  return noise;
}

function lostPunch(site: DaySite, person: Person, server: Instant, random: Random): Planted[] {
  const wrong = wrongTime(site.calendar, server, random.int(0, 99), random);
  const device = person.terminal;
  const type = random.pick(successTypes);
  const event = site.terminal.wrongClock({ ...wrong, device, user: person.code, type }, server);
  return event === null ? [] : [event];
}
