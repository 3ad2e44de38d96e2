// What a right reading of the site must come to. It is told from what was planted, never by reading the
// site back: an event knows what is to become of it, a day what was meant by it.
import type { Step } from './calendar.js';
import type { DayPlan } from './day-plan.js';
import { dayText, type Instant } from './days.js';
import { EventTally, type ExpectedEvents } from './event-tally.js';
import type { Planted } from './events.js';
import { hrisChange, hrisRows, hrisTableNames } from './hris-rows.js';
import type { Intent, Status } from './intent.js';
import { type Employment, employmentAt, type Person } from './person.js';
import { eventsOf, plannedDays, type SitePlan } from './plan.js';
import type { HrisTable } from './schema.js';

/** The expected result of one employee's day. */
export interface ExpectedDay {
  /** `HR_Employee.ID`. */
  readonly employeeId: number;
  readonly code: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly status: Status;
  /** Unix seconds. */
  readonly firstIn: Instant | null;
  readonly lastOut: Instant | null;
  readonly workedMinutes: number;
  readonly lateMinutes: number;
  readonly earlyMinutes: number;
  /** Taps that count, and those that collapsed into the one before. */
  readonly kept: number;
  readonly collapsed: number;
}

/** What the step changes in a table of HRIS, compared with the step before. */
export interface ExpectedReplication {
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
}

export interface AnswerKey {
  /** Latest server time as it is read back, unix seconds. */
  readonly horizon: Instant;
  /** The site's first day, `YYYY-MM-DD`. */
  readonly firstDay: string;
  readonly events: ExpectedEvents;
  /** Rows of each log table, by its name. */
  readonly tables: ReadonlyMap<string, number>;
  /** Matched events by `HR_Employee.ID`. */
  readonly matchedBy: ReadonlyMap<number, number>;
  /** Unmatched events by USRID. */
  readonly unmatchedBy: ReadonlyMap<string, number>;
  /** By employee id, then date: every day whose window has closed at the horizon. */
  readonly days: readonly ExpectedDay[];
  readonly replication: Readonly<Record<HrisTable, ExpectedReplication>>;
}

/** The answer key of a site as written (`first`), or after the later step, provided that the clock has passed the horizon. */
export function answerKey(plan: SitePlan, step: Step = 'first'): AnswerKey {
  const { calendar } = plan;
  const employments = new Map<Person, Employment | null>(
    plan.people.map((person) => [person, employmentAt(person, step, calendar)]),
  );
  const tally = new EventTally(calendar, employments);
  const days: { readonly closes: Instant; readonly day: ExpectedDay }[] = [];
  const arrived = (event: Planted): boolean => event.arrives <= calendar.until[step];
  for (const planned of plannedDays(plan)) {
    for (const event of eventsOf(planned)) if (arrived(event)) tally.count(event);
    for (const each of planned.people) {
      const employment = employments.get(each.person) ?? null;
      if (planned.day < calendar.since || !hasDay(employment, planned.day)) continue;
      days.push({ closes: each.times.closes, day: expectedDay(each, each.taps.filter(arrived)) });
    }
  }
  const { horizon } = tally;
  return {
    horizon,
    firstDay: dayText(calendar.since),
    events: tally.events,
    tables: tally.tables,
    matchedBy: tally.matchedBy,
    unmatchedBy: tally.unmatchedBy,
    days: days
      .filter(({ closes }) => closes <= horizon)
      .map(({ day }) => day)
      .sort((a, b) => a.employeeId - b.employeeId || (a.date < b.date ? -1 : 1)),
    replication: expectedReplication(plan, step),
  };
}

/** Rule 10: inactive without a termination date has no days. */
function hasDay(employment: Employment | null, day: number): boolean {
  if (employment === null || (!employment.active && employment.left === null)) return false;
  return day >= employment.hired && day <= (employment.left ?? day);
}

function expectedDay(plan: DayPlan, arrived: readonly Planted[]): ExpectedDay {
  const kept = arrived.filter(({ fate }) => fate === 'tap').map(({ at }) => at);
  const [firstIn = null] = kept;
  const lastOut = kept.length < 2 ? null : (kept.at(-1) ?? null);
  const whole = kept.length === plan.intent.kept.length;
  const { status, lateMinutes, earlyMinutes } = whole ? plan.intent : partOf(plan, kept);
  return {
    employeeId: plan.person.id,
    code: plan.person.code,
    date: dayText(plan.day),
    status,
    firstIn,
    lastOut,
    workedMinutes: firstIn === null || lastOut === null ? 0 : wholeMinutes(lastOut - firstIn),
    lateMinutes,
    earlyMinutes,
    kept: kept.length,
    collapsed: arrived.length - kept.length,
  };
}

/** A day of which not every tap has been uploaded yet: what it looks like so far. */
function partOf(
  { times: { work } }: DayPlan,
  kept: readonly Instant[],
): Pick<Intent, 'status' | 'lateMinutes' | 'earlyMinutes'> {
  const none = { lateMinutes: 0, earlyMinutes: 0 };
  const [first, last] = [kept[0], kept.at(-1)];
  if (work === null) return { ...none, status: 'off' };
  if (first === undefined || last === undefined) return { ...none, status: 'absent' };
  if (kept.length === 1) return { ...none, status: 'incomplete' };
  const late = wholeMinutes(first - work.start);
  const early = wholeMinutes(work.end - last);
  const lateMinutes = late > work.shift.graceLate ? late : 0;
  const earlyMinutes = early > work.shift.graceEarly ? early : 0;
  const status = lateMinutes > 0 ? 'late' : earlyMinutes > 0 ? 'early_leave' : 'present';
  return { status, lateMinutes, earlyMinutes };
}

function expectedReplication(
  plan: SitePlan,
  step: Step,
): Readonly<Record<HrisTable, ExpectedReplication>> {
  const first = hrisRows(plan, 'first');
  const later = hrisRows(plan, 'later');
  const of = (table: HrisTable): ExpectedReplication => {
    const read = first[table].length;
    if (step === 'first') return { read, added: read, changed: 0, unchanged: 0 };
    const { added, changed, unchanged } = hrisChange(table, first, later);
    const counts = { added: added.length, changed: changed.length, unchanged };
    return { read: later[table].length, ...counts };
  };
  return Object.fromEntries(hrisTableNames.map((table) => [table, of(table)])) as Record<
    HrisTable,
    ExpectedReplication
  >; // every table has its entry
}

const wholeMinutes = (seconds: number): number => Math.floor(seconds / 60);
