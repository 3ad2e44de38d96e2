// What is meant to come of an employee's day: the outcome is chosen first, the taps follow from it.
import type { Instant } from './days.js';
import type { Random } from './random.js';
import { afterEnd, beforeStart, type DayTimes } from './roster.js';
import type { Bounds, Shift } from './shifts.js';

export type Status = 'present' | 'late' | 'early_leave' | 'incomplete' | 'absent' | 'off';

export interface Intent {
  readonly status: Status;
  readonly lateMinutes: number;
  readonly earlyMinutes: number;
  /** Taps that count, in order, at least 120 seconds apart. */
  readonly kept: readonly Instant[];
  /** A punch made at a terminal whose clock is wrong. */
  readonly lost: Instant | null;
}

/** The day as its employee finds it. */
export interface Situation {
  readonly times: DayTimes;
  /** Nothing of the day is recorded before this; not before its window opens. */
  readonly earliest: Instant;
  /** Instants at which the clocks change. */
  readonly transitions: readonly Instant[];
  readonly lunches: boolean;
}

const nothing = { lateMinutes: 0, earlyMinutes: 0, kept: [], lost: null } as const;

export function intendDay(situation: Situation, random: Random): Intent {
  const { work } = situation.times;
  return work ? intendWork(situation, work, random) : intendOff(situation, random);
}

/** An employee who does not come at all. */
export const stayAway = ({ work }: DayTimes): Intent => ({
  ...nothing,
  status: work ? 'absent' : 'off',
});

function intendWork(
  situation: Situation,
  work: Bounds & { readonly shift: Shift },
  random: Random,
): Intent {
  const outcome = random.weighted({
    present: 800,
    late: 80,
    early_leave: 45,
    late_and_early: 10,
    in_only: 20,
    out_only: 12,
    absent: 38,
  });
  if (outcome === 'absent') return { ...nothing, status: 'absent' };

  const lateMinutes = outcome.startsWith('late') ? tooMuch(work.shift.graceLate, random) : 0;
  const earlyMinutes = outcome.includes('early') ? tooMuch(work.shift.graceEarly, random) : 0;
  const seconds = random.int(0, 59);
  const arrives =
    lateMinutes > 0 ? work.start + lateMinutes * 60 + seconds : inTime(situation, work, random);
  const leaves =
    earlyMinutes > 0 ? work.end - earlyMinutes * 60 - seconds : afterWork(situation, work, random);

  if (outcome === 'in_only' || outcome === 'out_only') {
    const [kept, missing] = outcome === 'in_only' ? [arrives, leaves] : [leaves, arrives];
    const lost = random.chance(0.4) ? missing : null;
    return { ...nothing, status: 'incomplete', kept: [kept], lost };
  }
  // Exactly 120 seconds is no repeat; nor is 199, whatever collapsed in between.
  const again = random.chance(0.03) ? [arrives + random.pick([120, 199])] : [];
  const between = betweenTaps(situation, { start: arrives, end: leaves }, work, random);
  return {
    status: outcome === 'late_and_early' ? 'late' : outcome,
    lateMinutes,
    earlyMinutes,
    kept: [arrives, ...again, ...between, leaves],
    lost: null,
  };
}

/** Minutes beyond the grace, often by one. */
function tooMuch(grace: number, random: Random): number {
  return random.chance(0.1) ? grace + 1 : random.int(grace + 1, 110);
}

/** Where a neighbouring shift has cut the window, its edge is used more often. */
function inTime(
  { times, earliest }: Situation,
  { start, shift }: Bounds & { readonly shift: Shift },
  random: Random,
): Instant {
  const grace = shift.graceLate * 60 + 59;
  const edge = times.opens > start - beforeStart ? 20 : 3;
  const how = random.weighted({ before: 77, within: 15, atLimit: 5, windowOpens: edge });
  const at = {
    before: start - random.int(0, 40 * 60),
    within: start + random.int(0, grace),
    atLimit: start + grace,
    windowOpens: times.opens,
  }[how];
  return Math.max(at, earliest);
}

function afterWork(
  { times }: Situation,
  { end, shift }: Bounds & { readonly shift: Shift },
  random: Random,
): Instant {
  const grace = shift.graceEarly * 60 + 59;
  const edge = times.closes < end + afterEnd ? 20 : 3;
  const often = { after: 75, within: 12, atLimit: 4, overtime: 6, windowCloses: edge };
  const at = {
    after: end + random.int(0, 50 * 60),
    within: end - random.int(0, grace),
    atLimit: end - grace,
    overtime: end + random.int(3_600, 5 * 3_600),
    windowCloses: times.closes - 1,
  }[random.weighted(often)];
  return Math.min(at, times.closes - 1);
}

/** On the night of a clock change half an hour on both sides of it, otherwise lunch. */
function betweenTaps(
  { transitions, lunches }: Situation,
  stay: Bounds,
  { start, end }: Bounds,
  random: Random,
): Instant[] {
  const change = transitions.find((at) => at - stay.start > 2_100 && stay.end - at > 2_100);
  if (change !== undefined) return [change - 1_800, change + 1_800];
  if (!lunches || random.chance(0.25)) return [];
  const out = start + Math.floor((end - start) * 0.45) + random.int(0, 600);
  return [out, out + random.int(1_500, 3_600)];
}

function intendOff({ times, earliest, transitions }: Situation, random: Random): Intent {
  const off = { ...nothing, status: 'off' } as const;
  const last = times.closes - 1;
  if (last - earliest < 3_600) return off;
  const change = transitions.find((at) => at - 600 >= earliest && at + 600 <= last);
  if (change !== undefined && random.chance(0.3)) {
    return { ...off, kept: [change - 600, change + 600] };
  }
  if (!random.chance(0.05)) return off;
  const kept: Instant[] = [];
  const edges = [earliest, last].filter(() => random.chance(0.2));
  const within = Array.from({ length: random.int(1, 3) }, () => random.int(earliest, last));
  for (const at of [...edges, ...within].sort((a, b) => a - b)) {
    if (at - (kept.at(-1) ?? Number.NEGATIVE_INFINITY) >= 120) kept.push(at);
  }
  return { ...off, kept };
}
