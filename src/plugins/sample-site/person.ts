// An employee: what is true of them, and what HRIS knows of it at either step.
import type { Calendar, Step } from './calendar.js';
import type { Day } from './days.js';
import type { Name } from './names.js';
import type { Assignment } from './roster.js';
import type { Schedule } from './schedules.js';

/** What makes an employee special; everything else is usual. */
export interface PersonDraft {
  readonly code: string;
  readonly schedule: Schedule;
  readonly hired?: Day;
  /** Last day of the employment. */
  readonly left?: Day;
  /** Inactive in HRIS without a termination date. */
  readonly suspended?: boolean;
  /** The step from which HRIS has the employee. */
  readonly known?: Step;
  /** The step from which HRIS knows that the employment ended. */
  readonly leftKnown?: Step;
  /** Comes back after the last day and holds the badge to a terminal. */
  readonly triesBadge?: boolean;
  /** The day on which somebody else gets the code. */
  readonly badgeReissued?: Day;
}

export interface Person {
  readonly id: number;
  readonly code: string;
  readonly name: Name;
  readonly hired: Day;
  readonly left: Day | null;
  readonly suspended: boolean;
  readonly known: Step;
  readonly leftKnown: Step;
  readonly triesBadge: boolean;
  readonly badgeReissued: Day | null;
  readonly assignments: readonly Assignment[];
  /** The terminal that the employee mostly uses. */
  readonly terminal: number;
  /** Goes out for lunch. */
  readonly lunches: boolean;
}

/** All of them; a site has at least 40. */
export type People = readonly [Person, ...Person[]];

/** What HRIS says of somebody's employment. */
export interface Employment {
  readonly active: boolean;
  readonly hired: Day;
  readonly left: Day | null;
}

/** What HRIS says at a step; null while it does not have the employee. */
export function employmentAt(person: Person, step: Step, calendar: Calendar): Employment | null {
  if (step === 'first' && person.known === 'later') return null;
  const left = step === 'first' && person.leftKnown === 'later' ? null : person.left;
  const over = left !== null && left <= calendar.until[step];
  return { active: !person.suspended && !over, hired: person.hired, left };
}
