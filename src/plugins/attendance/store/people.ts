// Loads employees with their schedules from what the plugin hris has replicated. Employees and assignments are
// read as plain rows: a large site has a million of them.
import type { EntityManager } from 'typeorm';
import { Employee, Shift, ShiftAssignment } from '../../hris/index.js';
import { dayNumber, timeOfDay } from '../rules/calendar.js';
import type { Assignment, ShiftPattern } from '../rules/schedule.js';
import type { Site } from '../site.js';
import { Person } from './person.js';
import type { UnreadableRows } from './unreadable-rows.js';

/** The shifts by id. One whose times cannot be read is left out, as if it were unknown. */
export async function loadShifts(
  manager: EntityManager,
  unreadable: UnreadableRows,
): Promise<Map<number, ShiftPattern>> {
  const patterns = new Map<number, ShiftPattern>();
  for (const shift of await manager.find(Shift)) {
    const read = readerOf('hris_shift', shift.id, timeOfDay, unreadable);
    const [start, end] = [read('start_time', shift.startTime), read('end_time', shift.endTime)];
    if (start === undefined || end === undefined) continue;
    const { id, graceLateMinutes, graceEarlyMinutes, workDays } = shift;
    patterns.set(id, { id, start, end, graceLateMinutes, graceEarlyMinutes, workDays });
  }
  return patterns;
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

/**
 * Loads employees, all or those of some ids, in the order of their ids. Left out are employees whose dates cannot be
 * read, and of the others the assignments whose dates cannot be read.
 */
export async function loadPeople(
  manager: EntityManager,
  site: Site,
  shifts: ReadonlyMap<number, ShiftPattern>,
  unreadable: UnreadableRows,
  ids?: readonly number[],
): Promise<Person[]> {
  const assignments = await loadAssignments(manager, shifts, unreadable, ids);
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
  return rows.flatMap(({ id, code, hireDate, terminationDate, active }) => {
    const read = readerOf('hris_employee', id, dayNumber, unreadable);
    const hireDay = read('hire_date', hireDate);
    const terminationDay = optional(terminationDate, (text) => read('termination_date', text));
    if (hireDay === undefined || terminationDay === undefined) return [];
    const facts = {
      ...{ id, code, active: active === 1 },
      ...{ hireDay, terminationDay: terminationDay ?? undefined },
    };
    return new Person(facts, assignments.get(id) ?? [], site);
  });
}

/** The assignments that hold, by employee. */
async function loadAssignments(
  manager: EntityManager,
  shifts: ReadonlyMap<number, ShiftPattern>,
  unreadable: UnreadableRows,
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
    const read = readerOf('hris_shift_assignment', id, dayNumber, unreadable);
    const startDay = read('start_date', startDate);
    const endDay = optional(endDate, (text) => read('end_date', text));
    if (startDay === undefined || endDay === undefined) continue;
    const shift = shifts.get(shiftId);
    const assignment = { id, shift, startDay, endDay: endDay ?? undefined };
    const known = assignments.get(employeeId);
    if (known) known.push(assignment);
    else assignments.set(employeeId, [assignment]);
  }
  return assignments;
}

/** Reads the columns of one row; what cannot be read is undefined, and the row is noted. */
function readerOf(
  table: string,
  id: number,
  parse: (text: string) => number | undefined,
  unreadable: UnreadableRows,
): (column: string, text: string) => number | undefined {
  return (column, text) => {
    const number = parse(text);
    if (number === undefined) unreadable.add(table, id, column, text);
    return number;
  };
}

const optional = <T>(text: string | null, read: (text: string) => T): T | null =>
  text === null ? null : read(text);
