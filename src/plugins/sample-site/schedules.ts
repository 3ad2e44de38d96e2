// How an employee's shift assignments follow from the way they work.
import type { Calendar } from './calendar.js';
import type { Day } from './days.js';
import type { Assignment } from './roster.js';
import { type Shift, shifts } from './shifts.js';

type Draft = Omit<Assignment, 'id'>;

/** The employment that a schedule is made for. */
interface Employed {
  readonly hired: Day;
  readonly left: Day | null;
}

/** Drafts in the order in which they get their ids. */
export type Schedule = (employed: Employed, calendar: Calendar) => Draft[];

/** One shift for good; left open when the employee leaves, as HR departments do. */
export const always =
  (shift: Shift): Schedule =>
  ({ hired }, { shutdown }) =>
    shutdown === null || hired > shutdown.last
      ? [{ shift, from: hired, to: null }]
      : [
          { shift, from: hired, to: Math.max(hired, shutdown.first - 1) },
          { shift, from: Math.max(hired, shutdown.last + 1), to: null },
        ].filter(({ from }) => from < shutdown.first || from > shutdown.last);

/** A cycle of days, null off; one assignment for each stretch of the same shift. */
export const rotating =
  (cycle: readonly (Shift | null)[], phase: number): Schedule =>
  ({ hired, left }, { since, until, isShut }) => {
    const first = Math.max(hired, since - 2);
    const last = Math.min(left ?? until.later + 2, until.later + 2);
    const drafts: Draft[] = [];
    for (let day = first; day <= last; day++) {
      const shift = isShut(day) ? null : cycle[(day + phase) % cycle.length];
      if (!shift) continue;
      const open = drafts.at(-1);
      if (open?.shift === shift && open.to === day - 1) drafts.splice(-1, 1, { ...open, to: day });
      else drafts.push({ shift, from: day, to: day });
    }
    return drafts;
  };

/** The usual shift, and another one laid over some days of it: the later start counts. */
export const standingIn =
  (usual: Shift, other: Shift, from: Day, days: number): Schedule =>
  (employed, calendar) => [
    ...always(usual)(employed, calendar),
    ...(from < employed.hired || calendar.isShut(from) || calendar.isShut(from + days - 1)
      ? []
      : [{ shift: other, from, to: from + days - 1 }]),
  ];

/** A wrong assignment and its correction from the same date: the higher id counts. */
export const corrected =
  (wrong: Shift, right: Shift): Schedule =>
  (employed, calendar) => [
    ...always(wrong)(employed, calendar),
    ...always(right)(employed, calendar),
  ];

const { plantDay, morning, evening, night, fireWatch } = shifts;

/** Two nights, then two days: a night ends two hours before the day shift begins. */
export const nightThenDay = [night, night, plantDay, plantDay, null, null];
/** Mornings, nights, evenings: a night ends eight hours before the evening shift begins. */
export const nightThenEvening = [morning, morning, night, night, evening, evening, null, null];
/** Every third day for 24 hours. */
export const watch = [fireWatch, null, null];
