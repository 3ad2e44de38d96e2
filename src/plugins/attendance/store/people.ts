// Employees with their schedules, from what the plugin hris has replicated.
import { createHash } from 'node:crypto';
import { type EntityManager, In } from 'typeorm';
import { Employee, Shift, ShiftAssignment } from '../../hris/index.js';
import { dayNumber, timeOfDay } from '../rules/calendar.js';
import type { CodeHolder } from '../rules/employee-match.js';
import type { Employment } from '../rules/employment-days.js';
import { type Assignment, Schedule, type ShiftPattern } from '../rules/schedule.js';
import type { Site } from '../site.js';

/** An employee as the rules see one. */
export interface Person extends CodeHolder, Employment {
  readonly schedule: Schedule;
  /** Changes whenever the person's days may come out differently for the same events. */
  readonly fingerprint: string;
}

/** Raise it when the rules change, and every day is computed anew. */
const rulesVersion = 1;

/** The shifts, as the rules see them. */
export async function loadShifts(manager: EntityManager): Promise<Map<number, ShiftPattern>> {
  const shifts = await manager.find(Shift);
  return new Map(
    shifts.map((shift) => [
      shift.id,
      {
        id: shift.id,
        start: timeOfDay(shift.startTime) ?? 0,
        end: timeOfDay(shift.endTime) ?? 0,
        graceLateMinutes: shift.graceLateMinutes,
        graceEarlyMinutes: shift.graceEarlyMinutes,
        workDays: shift.workDays,
      },
    ]),
  );
}

/** Ids of all employees, ascending. */
export async function employeeIds(manager: EntityManager): Promise<number[]> {
  const rows = await manager.find(Employee, { select: { id: true }, order: { id: 'ASC' } });
  return rows.map(({ id }) => id);
}

/** Loads employees, all or those of some ids, in the order of their ids. */
export async function loadPeople(
  manager: EntityManager,
  site: Site,
  shifts: ReadonlyMap<number, ShiftPattern>,
  ids?: readonly number[],
): Promise<Person[]> {
  const employees = await manager.find(Employee, {
    where: ids ? { id: In(ids) } : {},
    order: { id: 'ASC' },
  });
  const rows = await manager.find(ShiftAssignment, {
    where: { active: true, ...(ids ? { employeeId: In(ids) } : {}) },
  });
  const assignments = new Map<number, Assignment[]>();
  for (const row of rows) {
    const assignment = toAssignment(row, shifts);
    const known = assignments.get(row.employeeId);
    if (known) known.push(assignment);
    else assignments.set(row.employeeId, [assignment]);
  }
  return employees.map((employee) => toPerson(employee, assignments.get(employee.id) ?? [], site));
}

/** Dates of replicated tables were checked when they were read from HRIS. */
function day(date: string): number {
  const number = dayNumber(date);
  if (number === undefined) throw new RangeError(`not a date: ${date}`);
  return number;
}

function toAssignment(
  { id, shiftId, startDate, endDate }: ShiftAssignment,
  shifts: ReadonlyMap<number, ShiftPattern>,
): Assignment {
  return {
    id,
    shift: shifts.get(shiftId),
    startDay: day(startDate),
    endDay: endDate === null ? undefined : day(endDate),
  };
}

function toPerson(employee: Employee, assignments: Assignment[], site: Site): Person {
  const { id, code, hireDate, terminationDate, active } = employee;
  const employment = {
    hireDay: day(hireDate),
    terminationDay: terminationDate === null ? undefined : day(terminationDate),
    active,
  };
  assignments.sort((a, b) => a.id - b.id);
  const basis = [rulesVersion, site.zone.id, site.collapseSeconds, employment, assignments];
  return {
    id,
    code,
    ...employment,
    schedule: new Schedule(site.zone, assignments),
    fingerprint: createHash('sha1').update(JSON.stringify(basis)).digest('base64url'),
  };
}
