// Which days of an employee are computed or marked, and from what: the account by which days that become due,
// or whose basis changed, are found.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { DayRange } from '../rules/employment-days.js';
import { parameterList, type UpsertTarget, upsertRows } from './bulk.js';

export interface Coverage extends DayRange {
  readonly employeeId: number;
  /** Of the person the days were computed or marked for. */
  readonly fingerprint: string;
}

const target: UpsertTarget = {
  table: 'attendance_coverage',
  columns: ['employee_id', 'fingerprint', 'first_day', 'last_day'],
  key: ['employee_id'],
  update: (incoming) => ({
    fingerprint: incoming('fingerprint'),
    first_day: incoming('first_day'),
    last_day: incoming('last_day'),
  }),
};

/** Coverage of these employees. */
export function readCoverage(
  manager: EntityManager,
  employeeIds: readonly number[],
): Promise<Map<number, Coverage>> {
  return select(manager, employeeIds, '');
}

/** Coverage of these employees, held until the transaction ends: their days are nobody else's to write. */
export function holdCoverage(
  manager: EntityManager,
  dialect: Dialect,
  employeeIds: readonly number[],
): Promise<Map<number, Coverage>> {
  return select(manager, employeeIds, dialect === 'mariadb' ? 'FOR UPDATE' : '');
}

/** True when days of anybody are or were computed. */
export async function hasCoverage(manager: EntityManager): Promise<boolean> {
  const rows: unknown[] = await manager.query('SELECT 1 FROM attendance_coverage LIMIT 1');
  return rows.length > 0;
}

async function select(
  manager: EntityManager,
  employeeIds: readonly number[],
  hold: string,
): Promise<Map<number, Coverage>> {
  if (employeeIds.length === 0) return new Map();
  const rows: Coverage[] = await manager.query(
    `SELECT employee_id AS employeeId, fingerprint, first_day AS first, last_day AS last
       FROM attendance_coverage WHERE employee_id IN ${parameterList(employeeIds.length)}
      ORDER BY employee_id ${hold}`,
    [...employeeIds],
  );
  return new Map(rows.map((row) => [row.employeeId, row]));
}

export function writeCoverage(
  manager: EntityManager,
  dialect: Dialect,
  coverage: readonly Coverage[],
): Promise<void> {
  const rows = coverage.map(({ employeeId, fingerprint, first, last }) => [
    employeeId,
    fingerprint,
    first,
    last,
  ]);
  return upsertRows(manager, dialect, target, rows);
}
