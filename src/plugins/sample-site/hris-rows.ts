// The rows of HRIS at either step, and what the later step changes in them.
import type { Step } from './calendar.js';
import { type Day, dayText, secondsADay, utcText } from './days.js';
import { positions, renamedUnit } from './organisation.js';
import { employmentAt } from './person.js';
import type { SitePlan } from './plan.js';
import { type HrisTable, hrisTables, type Row } from './schema.js';
import { allShifts } from './shifts.js';

export type HrisRows = Readonly<Record<HrisTable, readonly Row[]>>;

export interface HrisChange {
  readonly added: readonly Row[];
  readonly changed: readonly Row[];
  readonly unchanged: number;
}

export const hrisTableNames = Object.keys(hrisTables) as HrisTable[]; // keys of a literal record

/** All rows that HRIS has at a step. */
export function hrisRows(plan: SitePlan, step: Step): HrisRows {
  const { calendar, units, postings } = plan;
  const employed = plan.people.flatMap((person) => {
    const employment = employmentAt(person, step, calendar);
    return employment === null ? [] : [{ person, employment }];
  });
  const known = new Set(employed.map(({ person }) => person));
  const changeDay = calendar.until.first + 1;
  /** A row says when it was last touched, and never a time to come. */
  const modified = (day: Day, changed = false): string =>
    utcText((changed ? changeDay : Math.min(day, calendar.until.first)) * secondsADay + 7 * 3_600);
  const long = calendar.since - 400;

  return {
    HR_Employee: employed.map(({ person, employment: { active, hired, left } }) => {
      const changed = step === 'later' && [person.known, person.leftKnown].includes('later');
      const { id, code, name } = person;
      const dates = [dayText(hired), left === null ? null : dayText(left)];
      const touched = modified(left ?? hired, changed);
      return [id, code, name.en, name.ar, flag(active), ...dates, touched];
    }),
    HR_OrganizationUnit: units.map(({ id, parent, code, nameEn, nameAr, active }) => {
      const renamed = step === 'later' && nameEn === renamedUnit.from;
      const names = renamed ? [renamedUnit.en, renamedUnit.ar] : [nameEn, nameAr];
      return [id, parent, code, ...names, flag(active), modified(long, renamed)];
    }),
    HR_Position: positions.map(({ id, code, nameEn, nameAr }) => [
      id,
      code,
      nameEn,
      nameAr,
      1,
      modified(long),
    ]),
    HR_EmployeePosition: postings
      .filter(({ person }) => known.has(person))
      .map(({ id, person, position, unit, from, to, endKnown }) => {
        const late = endKnown === 'later';
        const end = late && step === 'first' ? null : to;
        const changed = step === 'later' && (late || person.known === 'later');
        const dates = [dayText(from), end === null ? null : dayText(end)];
        return [id, person.id, position, unit, ...dates, modified(end ?? from, changed)];
      }),
    TMS_Shift: allShifts.map((shift) => [
      shift.id,
      shift.code,
      shift.nameEn,
      shift.nameAr,
      shift.start,
      shift.end,
      shift.graceLate,
      shift.graceEarly,
      shift.workDays,
      flag(shift.active),
      modified(long),
    ]),
    TMS_ShiftAssignment: employed.flatMap(({ person }) =>
      person.assignments.map(({ id, shift, from, to }) => [
        id,
        person.id,
        shift.id,
        dayText(from),
        to === null ? null : dayText(to),
        modified(from, step === 'later' && person.known === 'later'),
      ]),
    ),
  };
}

/** What the later step adds to a table and changes in it; it takes no row away. */
export function hrisChange(table: HrisTable, before: HrisRows, after: HrisRows): HrisChange {
  const old = new Map(before[table].map((row) => [row[0], JSON.stringify(row)]));
  const added = after[table].filter((row) => !old.has(row[0]));
  const changed = after[table].filter(
    (row) => old.has(row[0]) && old.get(row[0]) !== JSON.stringify(row),
  );
  return { added, changed, unchanged: after[table].length - added.length - changed.length };
}

const flag = (value: boolean): 0 | 1 => (value ? 1 : 0);
