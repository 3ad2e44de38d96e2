// The employees who make sure that every situation occurs, whatever the size of the site.
import type { Calendar } from './calendar.js';
import type { Day } from './days.js';
import type { PersonDraft } from './person.js';
import {
  always,
  corrected,
  nightThenDay,
  nightThenEvening,
  rotating,
  standingIn,
  watch,
} from './schedules.js';
import { isWorkDay, shifts } from './shifts.js';

const { day, office, fixedNight, early, late, midnight } = shifts;

/** USRIDs that differ from an employee's code only in zeros or in case, and are nobody's. */
export const lookalikes = ['042', '7', '108', 'c0017'] as const;

/** The USRID whose employee HRIS knows only in the later step. */
const newcomerCode = '0191';

export function makeCast(calendar: Calendar): PersonDraft[] {
  const until = calendar.until.first;
  const workDay = (fraction: number): Day => lastWorkDay(calendar, calendar.at(fraction));
  const recent = lastWorkDay(calendar, until - 3);
  const handover = workDay(0.5);
  const reissued = calendar.at(0.6);
  const standIn = calendar.at(0.45);
  return [
    // Codes that differ only in leading zeros.
    { code: '0042', schedule: always(day) },
    { code: '42', schedule: always(office) },
    { code: '00042', schedule: always(fixedNight) },
    // A code reissued after some weeks; its old holder tries the badge in between.
    {
      code: '0007',
      schedule: always(day),
      left: workDay(0.3),
      triesBadge: true,
      badgeReissued: reissued,
    },
    { code: '0007', schedule: always(day), hired: reissued },
    // A code reissued the next day, to an employee with the lower id.
    { code: '0108', schedule: always(day), hired: handover + 1 },
    { code: '0108', schedule: always(day), left: handover, badgeReissued: handover + 1 },
    { code: 'C0017', schedule: always(day) },
    // The last night ends on the day after the employment does.
    { code: '0120', schedule: always(fixedNight), left: workDay(0.4) },
    { code: '0121', schedule: always(day), left: workDay(0.35), triesBadge: true },
    { code: '0122', schedule: always(day), suspended: true },
    { code: '0123', schedule: always(office), left: until + 20 },
    { code: '0124', schedule: always(day), hired: until + 1 },
    // What HRIS learns only in the later step: an arrival, a departure some days back, one on the last day.
    { code: newcomerCode, schedule: always(day), hired: calendar.at(0.85), known: 'later' },
    { code: '0125', schedule: always(day), left: recent, leftKnown: 'later' },
    { code: '0126', schedule: always(office), left: until, leftKnown: 'later' },
    // Every way of working.
    { code: '0130', schedule: rotating(nightThenDay, 0) },
    { code: '0131', schedule: rotating(nightThenDay, 3) },
    { code: '0132', schedule: rotating(nightThenEvening, 0) },
    { code: '0133', schedule: rotating(nightThenEvening, 5), hired: calendar.at(0.2) },
    { code: '0134', schedule: always(midnight) },
    { code: '0135', schedule: always(midnight), hired: calendar.at(0.5) },
    { code: '0136', schedule: always(early) },
    { code: '0137', schedule: always(late) },
    { code: '0138', schedule: rotating(watch, 1) },
    { code: '0139', schedule: standingIn(day, fixedNight, standIn, 4) },
    { code: '0140', schedule: corrected(office, day) },
    // No assignment at all: every day is off.
    { code: '0141', schedule: () => [] },
  ];
}

/** The day itself or the last one before it on which day workers come. */
function lastWorkDay({ isShut }: Calendar, from: Day): Day {
  let day = from;
  while (isShut(day) || !isWorkDay(shifts.day, day)) day--;
  return day;
}
