// The roster: the employees as events were last matched with them. Where it differs from the replicated
// employees, events must be matched anew.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { CodeHolder } from '../rules/employee-match.js';
import { type UpsertTarget, upsertRows } from './bulk.js';

interface RosterRow {
  readonly id: number;
  readonly code: string;
  readonly hireDay: number;
  readonly terminationDay: number | null;
}

export interface RosterChanges {
  /** Codes whose holders or their dates changed. */
  readonly codes: ReadonlySet<string>;
  /** Employees whose rows must be written. */
  readonly holders: readonly CodeHolder[];
  /**
   * Ids of rows whose employee is left out, because the dates stored of them cannot be read. Their rows are deleted
   * and their events stay theirs; when they can be read again they are new, and their code is matched anew.
   */
  readonly leftOut: readonly number[];
}

const target: UpsertTarget = {
  table: 'attendance_roster',
  columns: ['employee_id', 'code', 'hire_day', 'termination_day'],
  key: ['employee_id'],
  update: (incoming) => ({
    code: incoming('code'),
    hire_day: incoming('hire_day'),
    termination_day: incoming('termination_day'),
  }),
};

/** Compares employees with the roster. */
export async function rosterChanges(
  manager: EntityManager,
  people: readonly CodeHolder[],
): Promise<RosterChanges> {
  const rows: RosterRow[] = await manager.query(
    `SELECT employee_id AS id, code, hire_day AS hireDay, termination_day AS terminationDay
       FROM attendance_roster`,
  );
  const roster = new Map(rows.map((row) => [row.id, row]));
  const holders = people.filter((person) => !isSame(roster.get(person.id), person));
  const codes = holders.flatMap(({ id, code }) => [code, roster.get(id)?.code ?? code]);
  const present = new Set(people.map(({ id }) => id));
  const leftOut = rows.map(({ id }) => id).filter((id) => !present.has(id));
  return { codes: new Set(codes), holders, leftOut };
}

function isSame(row: RosterRow | undefined, person: CodeHolder): boolean {
  return (
    row?.code === person.code &&
    row.hireDay === person.hireDay &&
    (row.terminationDay ?? undefined) === person.terminationDay
  );
}

/** Brings the roster in line with the employees that it was compared with. */
export async function writeRoster(
  manager: EntityManager,
  dialect: Dialect,
  { holders, leftOut }: RosterChanges,
): Promise<void> {
  const rows = holders.map(({ id, code, hireDay, terminationDay }) => [
    id,
    code,
    hireDay,
    terminationDay ?? null,
  ]);
  await upsertRows(manager, dialect, target, rows);
  for (const id of leftOut) {
    await manager.query('DELETE FROM attendance_roster WHERE employee_id = ?', [id]);
  }
}
