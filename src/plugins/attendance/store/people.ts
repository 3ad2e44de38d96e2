// Loads employees with their schedules from what the plugin hris has replicated. Employees and assignments are
// read as plain rows: a large site has a million of them.
import type { EntityManager } from 'typeorm';
import { Employee, Shift, ShiftAssignment } from '../../hris/index.js';
import { dayNumber, timeOfDay } from '../rules/calendar.js';
import type { Assignment, ShiftPattern } from '../rules/schedule.js';
import type { Site } from '../site.js';
import { Person } from './person.js';

/** The shifts by id. */
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
  const rows = await manager
    .createQueryBuilder(Employee, 'employee')
    .select('employee.id', 'id')
    .orderBy('employee.id')
    .getRawMany<{ id: number }>();
  return rows.map(({ id }) => id);
}

/** Loads employees, all or those of some ids, in the order of their ids. */
export async function loadPeople(
  manager: EntityManager,
  site: Site,
  shifts: ReadonlyMap<number, ShiftPattern>,
  ids?: readonly number[],
): Promise<Person[]> {
  const assignments = await loadAssignments(manager, shifts, ids);
  const employees = manager
    .createQueryBuilder(Employee, 'employee')
    .select('employee.id', 'id')
    .addSelect('employee.code', 'code')
    .addSelect('employee.hireDate', 'hireDate')
    .addSelect('employee.terminationDate', 'terminationDate')
    .addSelect('employee.active', 'active')
    .orderBy('employee.id');
  if (ids) employees.where('employee.id IN (:...ids)', { ids });
  const rows = await employees.getRawMany<
    Pick<Employee, 'id' | 'code' | 'hireDate' | 'terminationDate'> & { active: number }
  >();
  return rows.map(({ id, code, hireDate, terminationDate, active }) => {
    const facts = {
      ...{ id, code, active: active === 1 },
      hireDay: day(hireDate),
      terminationDay: terminationDate === null ? undefined : day(terminationDate),
    };
    return new Person(facts, assignments.get(id) ?? [], site);
  });
}

/** The assignments that hold, by employee. */
async function loadAssignments(
  manager: EntityManager,
  shifts: ReadonlyMap<number, ShiftPattern>,
  ids: readonly number[] | undefined,
): Promise<Map<number, Assignment[]>> {
  const query = manager
    .createQueryBuilder(ShiftAssignment, 'assignment')
    .select('assignment.id', 'id')
    .addSelect('assignment.employeeId', 'employeeId')
    .addSelect('assignment.shiftId', 'shiftId')
    .addSelect('assignment.startDate', 'startDate')
    .addSelect('assignment.endDate', 'endDate')
    .where('assignment.active = :active', { active: true });
  if (ids) query.andWhere('assignment.employeeId IN (:...ids)', { ids });
  const rows = await query.getRawMany<Omit<ShiftAssignment, 'active'>>();
  const assignments = new Map<number, Assignment[]>();
  for (const { id, employeeId, shiftId, startDate, endDate } of rows) {
    const assignment = {
      id,
      shift: shifts.get(shiftId),
      startDay: day(startDate),
      endDay: endDate === null ? undefined : day(endDate),
    };
    const known = assignments.get(employeeId);
    if (known) known.push(assignment);
    else assignments.set(employeeId, [assignment]);
  }
  return assignments;
}

/** Dates of replicated tables were checked when they were read from HRIS. */
function day(date: string): number {
  const number = dayNumber(date);
  if (number === undefined) throw new RangeError(`not a date: ${date}`);
  return number;
}
