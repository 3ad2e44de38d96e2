// Cancels an execution whose code is not running. Whether it may is decided by its row: a worker that begins it at the same
// time changes the same row, and one of the two comes second.
import type { EntityManager } from 'typeorm';
import type { AttemptReport, ExecutionState } from '../../../core/execution.js';
import { changed } from '../store/changed.js';
import { columnTime } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';

const waiting: readonly ExecutionState[] = ['pending', 'queued', 'retrying'];

export function cancelWaiting(
  database: StoreDatabase,
  id: string,
  { finishedAt, error }: AttemptReport,
): Promise<'cancelled' | 'running' | 'final' | 'unknown'> {
  return database.transaction(async (manager) => {
    const cancelled = await changed(
      manager,
      `UPDATE execution SET status = 'cancelled', completed_at = ?, next_attempt_at = NULL, error_code = ?, error_message = ?
        WHERE id = ? AND completed_at IS NULL AND status IN (${waiting.map(() => '?').join(', ')})`,
      [columnTime(finishedAt), error?.code ?? null, error?.message ?? null, id, ...waiting],
    );
    if (cancelled === 0) return stateOf(manager, id);
    await takeFromOutbox(manager, id);
    return 'cancelled';
  });
}

async function stateOf(
  manager: EntityManager,
  id: string,
): Promise<'running' | 'final' | 'unknown'> {
  const [row] = await manager.query<{ completed_at: unknown }[]>(
    'SELECT completed_at FROM execution WHERE id = ?',
    [id],
  );
  if (row === undefined) return 'unknown';
  return row.completed_at === null ? 'running' : 'final';
}

/**
 * Dispatched in a transaction and not queued yet: nobody has to queue it any more. Looked for without locks: a search that
 * locks could wait for transactions that dispatch.
 */
async function takeFromOutbox(manager: EntityManager, id: string): Promise<void> {
  const rows = await manager.query<{ seq: number }[]>(
    'SELECT seq FROM execution_outbox WHERE execution_id = ?',
    [id],
  );
  for (const { seq } of rows) {
    await manager.query('DELETE FROM execution_outbox WHERE seq = ?', [seq]);
  }
}
