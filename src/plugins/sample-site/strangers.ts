// What happens at the terminals beside the employees' days: visitors, a guard, old badges, wrong clocks.
import { lookalikes } from './cast.js';
import type { DaySite } from './day-plan.js';
import { type Day, type Instant, secondsADay } from './days.js';
import { type Fate, type Planted, restartType, successTypes } from './events.js';
import type { People, Person } from './person.js';
import { Random, stream } from './random.js';
import { gate } from './terminals.js';
import { wrongTime } from './wrong-clocks.js';

/** A contractor's guard, unknown to HRIS, whose round ends every day. */
export const guard = '9999999';

/** USRID of a visitor's badge, counted from 1. */
export const visitorBadge = (number: number): string => `9${String(number).padStart(6, '0')}`;
export const visitorBadges = 300;

/** Days after the last one on which an old badge is tried: only on the first is it still its holder's. */
const badgeTries = [1, 2, 5];

interface Scene {
  readonly site: DaySite;
  readonly people: People;
  readonly day: Day;
  readonly random: Random;
  /** An instant within so many hours after a full hour. */
  at(hour: number, hours: number): Instant;
  /** A tap at the gate. */
  tap(user: string, at: Instant, whose?: { fate: Fate; person: Person | null }): Planted;
}

export function planStrangers(site: DaySite, people: People, day: Day): Planted[] {
  const { calendar, terminal } = site;
  if (calendar.isShut(day) || day < calendar.since) return [];
  const random = new Random(site.seed, stream.strangers, day);
  const scene: Scene = {
    site,
    people,
    day,
    random,
    at: (hour, hours) =>
      calendar.zone.instantOf(day * secondsADay + hour * 3_600 + random.int(0, hours * 3_600)),
    tap: (user, at, { fate, person } = { fate: 'stranger', person: null }) =>
      terminal.event(terminal.touch(gate, at, random.int(1, 9)), {
        at,
        user,
        type: random.pick(successTypes),
        fate,
        person,
      }),
  };
  return [
    ...visits(scene),
    ...oldBadges(scene),
    ...suspended(scene),
    ...newcomersEve(scene),
    ...forgottenKeys(scene),
    ...wrongClocks(scene),
    ...restarts(scene),
    // The last tap of every day: it shows that the day's events have arrived.
    scene.tap(guard, calendar.zone.startOf(day + 1) - 30),
  ];
}

/** Visitors in and out, and somebody whose badge is nearly an employee's. */
function visits({ people, day, random, at, tap }: Scene): Planted[] {
  const badges = Array.from({ length: Math.max(2, Math.round(people.length / 60)) }, () =>
    visitorBadge(random.int(1, visitorBadges)),
  );
  return [
    ...badges.flatMap((badge) => [tap(badge, at(9, 3)), tap(badge, at(13, 3))]),
    tap(lookalikes[day % lookalikes.length] ?? lookalikes[0], at(8, 8)),
  ];
}

function oldBadges({ people, day, at, tap }: Scene): Planted[] {
  return people.flatMap((person) => {
    const { code, left, triesBadge, badgeReissued } = person;
    if (!triesBadge || left === null || day >= (badgeReissued ?? Number.POSITIVE_INFINITY))
      return [];
    if (!badgeTries.includes(day - left)) return [];
    return [
      day === left + 1 ? tap(code, at(10, 2), { fate: 'stray', person }) : tap(code, at(10, 2)),
    ];
  });
}

/** HRIS has suspended them, the terminals have not. */
function suspended({ people, day, at, tap }: Scene): Planted[] {
  return people
    .filter((person) => person.suspended && (person.id + day) % 5 === 0)
    .map((person) => tap(person.code, at(9, 1), { fate: 'stray', person }));
}

/** Somebody tries the new badge on the day before the employment begins. */
function newcomersEve({ people, day, at, tap }: Scene): Planted[] {
  return people
    .filter((person) => person.known === 'later' && day === person.hired - 1)
    .map((person) => tap(person.code, at(11, 2)));
}

/** A tap after a work day's window has closed and before the next one opens. */
function forgottenKeys({ site, people, day, random, tap }: Scene): Planted[] {
  const { roster, calendar } = site;
  const person = random.pick(people);
  const times = roster.timesOf(person.assignments, day);
  const next = roster.timesOf(person.assignments, day + 1);
  const until = Math.min(next.opens, calendar.zone.startOf(day + 1));
  const employed = day >= person.hired && day <= (person.left ?? day) && !person.suspended;
  if (!employed || times.work === null || until - times.closes < 60) return [];
  const at = random.pick([times.closes, random.int(times.closes, until - 1)]);
  return [tap(person.code, at, { fate: 'stray', person })];
}

function wrongClocks({ site, people, day, random, at }: Scene): Planted[] {
  const count = Math.max(1, Math.round(people.length / 100));
  return Array.from({ length: count }, (_, index) => {
    const server = at(9, 7);
    const wrong = wrongTime(site.calendar, server, day + index, random);
    const device = random.int(1, site.terminals);
    const user = random.pick(people).code;
    const type = random.pick(successTypes);
    return site.terminal.wrongClock({ ...wrong, device, user, type }, server);
  }).filter((event) => event !== null);
}

function restarts({ site, random, at }: Scene): Planted[] {
  const [device, instant] = [random.int(1, site.terminals), at(4, 1)];
  const touch = site.terminal.touch(device, instant, 2);
  return [
    site.terminal.event(touch, { at: instant, user: '', type: restartType, fate: 'passed-over' }),
  ];
}
