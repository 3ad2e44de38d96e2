// Records that runs have died: by the fence that is left behind, what they may still write is refused.
import type { EntityManager } from 'typeorm';
import { firstFence } from '../../../core/run/fence.js';
import { insertAttempts, unreportedAttempt } from '../store/attempts.js';
import { idColumn } from '../store/beginnings.js';
import { type ManyUpdates, selectByIds, updateMany } from '../store/bulk.js';
import { type LockedRow, lockedColumns } from '../store/current.js';
import type { StoreDialect } from '../store/rows.js';
import type { Suspect } from './suspects.js';

const update: ManyUpdates = {
  table: 'execution',
  given: [idColumn, { name: 'fence', type: 'BIGINT' }, { name: 'crashes', type: 'INT' }],
  set: { status: "'queued'", fence: 'v.fence', crashes: 'v.crashes' },
};

/**
 * Records a crash for each run that is still on record as it was when it was noted; in a transaction.
 * @returns the ids of those.
 */
export async function recordCrashes(
  manager: EntityManager,
  dialect: StoreDialect,
  suspects: readonly Suspect[],
): Promise<string[]> {
  const fences = new Map(suspects.map(({ id, fence }) => [id, fence]));
  const rows = await selectByIds<LockedRow>(manager, dialect, {
    columns: lockedColumns,
    ids: [...fences.keys()],
    // What somebody holds is alive, and looked at again.
    lock: 'free',
  });
  const died = rows.filter(({ id, status, fence }) => {
    return status === 'running' && fence === fences.get(id);
  });
  await updateMany(
    manager,
    dialect,
    update,
    died.map(({ id, attempts, crashes }) => [id, firstFence(attempts + 1), crashes + 1]),
  );
  await insertAttempts(
    manager,
    dialect,
    died.map((row) => unreportedAttempt(row, 'crashed', undefined)),
  );
  return died.map(({ id }) => id);
}
