// Takes back what was recorded and then not queued: another execution stands for it.
import { executionById, listOf, listParameter, type Sender } from './bulk.js';
import type { StoreDialect } from './rows.js';

export async function deletePending(
  sender: Sender,
  dialect: StoreDialect,
  ids: readonly string[],
): Promise<void> {
  // Only this form of DELETE takes the name of an index.
  const target = dialect === 'mariadb' ? 'execution ' : '';
  const sql = `DELETE ${target}FROM ${executionById(dialect)} WHERE id IN ${listOf(dialect)} AND status = 'pending'`;
  await sender.query(sql, [listParameter(dialect, ids)]);
}
