// Days that must be computed: marked with the events that touch them, unmarked with the result.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import { parameterList, type UpsertTarget, upsertRows } from './bulk.js';
import { grouped } from './grouped.js';

/** One employee's day; `day` is a day number. */
export interface EmployeeDay {
  readonly employeeId: number;
  readonly day: number;
}

export interface DirtyDay extends EmployeeDay {
  /** How often it was marked; a result may only unmark what it has seen. */
  readonly marks: number;
}

const target: UpsertTarget = {
  table: 'attendance_dirty_day',
  columns: ['employee_id', 'day', 'marks'],
  key: ['employee_id', 'day'],
  update: () => ({ marks: 'marks + 1' }),
};

/** Collects days, each once. */
export class DayMarks {
  readonly #days = new Map<number, Set<number>>();

  add(employeeId: number, days: Iterable<number>): void {
    const known = this.#days.get(employeeId) ?? new Set();
    this.#days.set(employeeId, known);
    for (const day of days) known.add(day);
  }

  /** In the order of the key, in which every transaction writes them, so that none waits in a circle. */
  inOrder(): EmployeeDay[] {
    return [...this.#days]
      .sort(([a], [b]) => a - b)
      .flatMap(([employeeId, days]) =>
        [...days].sort((a, b) => a - b).map((day) => ({ employeeId, day })),
      );
  }
}

/** Marks days within the transaction of what touches them. Returns how many. */
export async function markDays(
  manager: EntityManager,
  dialect: Dialect,
  marks: DayMarks,
): Promise<number> {
  const rows = marks.inOrder().map(({ employeeId, day }) => [employeeId, day, 1]);
  await upsertRows(manager, dialect, target, rows);
  return rows.length;
}

/** The first marked days in the order of employee and day, or the first after a given one. */
export async function dirtyDaysAfter(
  manager: EntityManager,
  after: EmployeeDay | undefined,
  limit: number,
): Promise<DirtyDay[]> {
  const { employeeId, day } = after ?? { employeeId: Number.MIN_SAFE_INTEGER, day: 0 };
  return manager.query(
    `SELECT employee_id AS employeeId, day, marks FROM attendance_dirty_day
      WHERE employee_id > ? OR (employee_id = ? AND day > ?)
      ORDER BY employee_id, day LIMIT ${limit}`,
    [employeeId, employeeId, day],
  );
}

/** Marked days from one to another, both inclusive, in the order of employee and day. */
export function dirtyDaysBetween(
  manager: EntityManager,
  first: EmployeeDay,
  last: EmployeeDay,
): Promise<DirtyDay[]> {
  return manager.query(
    `SELECT employee_id AS employeeId, day, marks FROM attendance_dirty_day
      WHERE employee_id BETWEEN ? AND ?
        AND (employee_id > ? OR day >= ?) AND (employee_id < ? OR day <= ?)
      ORDER BY employee_id, day`,
    [
      ...[first.employeeId, last.employeeId],
      ...[first.employeeId, first.day, last.employeeId, last.day],
    ],
  );
}

export async function countDirtyDays(manager: EntityManager): Promise<number> {
  const [row]: { days: number }[] = await manager.query(
    'SELECT COUNT(*) AS days FROM attendance_dirty_day',
  );
  return Number(row?.days ?? 0);
}

/** Groups that one statement names; SQLite nests at most 1,000 terms. */
const groupsPerStatement = 100;

/** Removes marks that are as they were read; a day that was marked again meanwhile stays marked. */
export async function unmarkDays(manager: EntityManager, days: readonly DirtyDay[]): Promise<void> {
  const groups = [...grouped(days, ({ employeeId, marks }) => `${employeeId}:${marks}`)];
  for (let at = 0; at < groups.length; at += groupsPerStatement) {
    const chunk = groups.slice(at, at + groupsPerStatement);
    const where = chunk.map(
      (group) => `(employee_id = ? AND marks = ? AND day IN ${parameterList(group.length)})`,
    );
    await manager.query(
      `DELETE FROM attendance_dirty_day WHERE ${where.join(' OR ')}`,
      chunk.flatMap(([first, ...others]) => [
        ...[first.employeeId, first.marks, first.day],
        ...others.map(({ day }) => day),
      ]),
    );
  }
}
