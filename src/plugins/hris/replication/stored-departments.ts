// Departments as they are stored, for those whose row in HRIS is set aside.
import { type EntityManager, In } from 'typeorm';
import { Department } from '../entities.js';
import type { RejectedRow } from './source-values.js';

/** The stored departments of rejected rows; one that was never replicated has none. */
export async function keptDepartments(
  manager: EntityManager,
  rejected: readonly RejectedRow[],
): Promise<Department[]> {
  const ids = rejected.flatMap(({ key }) => (typeof key === 'number' ? key : []));
  return ids.length === 0 ? [] : manager.findBy(Department, { id: In(ids) });
}

/**
 * Makes departments top departments. They are forgotten to be as HRIS has them, so that the next replication that can
 * take them writes their parent.
 */
export async function makeTop(
  manager: EntityManager,
  departments: readonly Department[],
): Promise<void> {
  if (departments.length === 0) return;
  const ids = departments.map(({ id }) => id);
  await manager.update(Department, { id: In(ids) }, { parentId: null, rowHash: null });
}
