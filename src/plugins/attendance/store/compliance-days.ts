// Computed days as they are stored.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import { dayText } from '../rules/calendar.js';
import type { DayResult } from '../rules/day-result.js';
import type { DayRange } from '../rules/employment-days.js';
import { type UpsertTarget, upsertRows } from './bulk.js';
import type { EmployeeDay } from './dirty-days.js';

/** A computed day of an employee. */
export interface ComputedDay extends EmployeeDay {
  readonly result: DayResult;
}

const key = ['employee_id', 'work_date'];
const values = [
  ...['shift_id', 'status', 'first_in', 'last_out', 'worked_minutes', 'late_minutes'],
  ...['early_minutes', 'taps', 'collapsed'],
];

const target: UpsertTarget = {
  table: 'attendance_compliance_day',
  columns: [...key, ...values],
  key,
  update: (incoming) => Object.fromEntries(values.map((column) => [column, incoming(column)])),
};

export function writeDays(
  manager: EntityManager,
  dialect: Dialect,
  days: readonly ComputedDay[],
): Promise<void> {
  const rows = days.map(({ employeeId, day, result }) => [
    ...[employeeId, dayText(day), result.shiftId, result.status, result.firstIn, result.lastOut],
    ...[result.workedMinutes, result.lateMinutes, result.earlyMinutes],
    ...[result.taps, result.collapsed],
  ]);
  return upsertRows(manager, dialect, target, rows);
}

/** Deletes the days of an employee that lie outside a range. */
export async function deleteDaysOutside(
  manager: EntityManager,
  employeeId: number,
  { first, last }: DayRange,
): Promise<void> {
  await manager.query(
    'DELETE FROM attendance_compliance_day WHERE employee_id = ? AND (work_date < ? OR work_date > ?)',
    [employeeId, dayText(first), dayText(last)],
  );
}
