// Ends what was recorded and whose dispatch failed: its caller was told so, and nothing of it has begun.
import type { RecordedError } from '../../../core/execution.js';
import { executionById, listOf, listParameter, type Sender } from './bulk.js';
import { keptError } from './kept-text.js';
import { columnTime, type StoreDialect } from './rows.js';

export async function withdrawPending(
  sender: Sender,
  dialect: StoreDialect,
  ids: readonly string[],
  error: RecordedError,
  at: number,
): Promise<void> {
  const { code, message } = keptError(error);
  const sql = `UPDATE ${executionById(dialect)}
    SET status = 'cancelled', completed_at = ?, error_code = ?, error_message = ?
    WHERE id IN ${listOf(dialect)} AND status = 'pending'`;
  await sender.query(sql, [columnTime(at), code, message, listParameter(dialect, ids)]);
}
