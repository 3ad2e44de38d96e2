// Records what is asked for, before anything else happens to it.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { PendingExecution, Transaction } from '../../../core/ports/tracker.js';
import { insertMany, pieces, type Sender, selectByIds } from './bulk.js';
import { pendingColumns, pendingValues } from './pending-row.js';
import type { StoreDialect } from './rows.js';
import { driverCode } from './store-database.js';

const executionTable = { table: 'execution', columns: pendingColumns } as const;
const outboxTable = { table: 'execution_outbox', columns: ['execution_id'] } as const;

const duplicateCodes = new Set(['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE']);

/**
 * Inserts executions, all or none, but for those whose id is known.
 * @returns the ids that are new.
 */
export async function insertPending(
  sender: Sender,
  dialect: StoreDialect,
  executions: readonly PendingExecution[],
): Promise<string[]> {
  const byId = new Map(executions.map((each) => [each.envelope.id, each]));
  try {
    await insertAll(sender, dialect, [...byId.values()]);
  } catch (error) {
    if (!duplicateCodes.has(driverCode(error))) throw error;
    const ids = [...byId.keys()];
    const known = await selectByIds<{ id: string }>(sender, dialect, {
      columns: 'id',
      ids,
      lock: 'all',
    });
    // Then it is the tick of a schedule that is there already, which is for the caller to know.
    if (known.length === 0) throw error;
    for (const { id } of known) byId.delete(id);
    await insertAll(sender, dialect, [...byId.values()]);
  }
  return [...byId.keys()];
}

/** About how much text its row is. */
export const textLength = ({ envelope }: PendingExecution): number =>
  500 + (JSON.stringify(envelope.payload)?.length ?? 0);

/** Inserts executions and what has them queued once the transaction of the caller has committed. */
export async function insertPendingWithin(
  transaction: Transaction,
  dialect: StoreDialect,
  executions: readonly PendingExecution[],
): Promise<string[]> {
  assertTransaction(transaction);
  const ids: string[] = [];
  for (const piece of pieces(executions, textLength)) {
    ids.push(...(await insertPending(transaction, dialect, piece)));
  }
  await insertMany(
    transaction,
    dialect,
    outboxTable,
    ids.map((id) => [id]),
  );
  return ids;
}

/** @throws SkepError `SKEP_NO_TRANSACTION`. */
export function assertTransaction({ queryRunner }: Transaction): void {
  if (queryRunner?.isTransactionActive) return;
  throw new SkepError('SKEP_NO_TRANSACTION', 'the manager is in no transaction');
}

/** In the order of their ids, so that two processes do not wait for each other crosswise. */
function insertAll(
  sender: Sender,
  dialect: StoreDialect,
  executions: readonly PendingExecution[],
): Promise<void> {
  const rows = executions
    .toSorted((a, b) => (a.envelope.id < b.envelope.id ? -1 : 1))
    .map(pendingValues);
  return insertMany(sender, dialect, executionTable, rows);
}
