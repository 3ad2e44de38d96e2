// The rows that a group of runs speaks about: locked, and what those are answered whose word does not count.
import type { FinalState } from '../../../core/execution.js';
import type { NotCurrent, TrackedAttempt } from '../../../core/ports/tracker.js';
import { type Sender, selectByIds } from './bulk.js';
import { type LockedRow, lockedColumns, type Standing } from './current.js';
import { type ExecutionRow, executionColumns, reportOf, type StoreDialect } from './rows.js';

/** Something that is said of a run. */
export interface Said {
  readonly attempt: TrackedAttempt;
}

export interface Sorted<Item extends Said> {
  /** What counts, with the row that it is about. */
  readonly current: readonly { readonly item: Item; readonly row: LockedRow }[];
  /** Answers for what does not, by the id of the execution. */
  readonly refused: ReadonlyMap<string, NotCurrent>;
  /** Executions that are not on record. */
  readonly unknown: readonly Item[];
  /** Executions whose rows somebody else has locked; none where they were waited for. */
  readonly busy: ReadonlySet<string>;
}

/**
 * Locks the rows of items of different executions, and tells what of them counts.
 * @param lock `free` where many items are written together: one whose row is locked by a task that has completed and not
 *   committed, in a process that is frozen or cut off, must not keep the others waiting.
 */
export async function sortByStanding<Item extends Said>(
  sender: Sender,
  dialect: StoreDialect,
  items: readonly Item[],
  standingOf: (row: LockedRow, attempt: TrackedAttempt) => Standing,
  lock: 'all' | 'free',
): Promise<Sorted<Item>> {
  const ids = items.map(({ attempt }) => attempt.executionId);
  const rows = await selectByIds<LockedRow>(sender, dialect, {
    columns: lockedColumns,
    ids,
    lock,
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const missing = ids.filter((id) => !byId.has(id));
  const busy = lock === 'free' ? await idsOnRecord(sender, dialect, missing) : new Set<string>();
  const current: { item: Item; row: LockedRow }[] = [];
  const refused = new Map<string, NotCurrent>();
  const unknown: Item[] = [];
  const ended: string[] = [];
  for (const item of items) {
    const { executionId } = item.attempt;
    const row = byId.get(executionId);
    const standing = row && standingOf(row, item.attempt);
    if (busy.has(executionId)) continue;
    if (row === undefined) unknown.push(item);
    else if (standing === 'current') current.push({ item, row });
    else if (standing === 'foreign') refused.set(executionId, { kind: 'foreign', task: row.task });
    else if (standing === 'final') ended.push(executionId);
    else refused.set(executionId, { kind: 'superseded' });
  }
  for (const row of await endedRows(sender, dialect, ended)) {
    // They were final when they were locked.
    refused.set(row.id, { kind: 'final', state: row.status as FinalState, report: reportOf(row) });
  }
  return { current, refused, unknown, busy };
}

async function idsOnRecord(
  sender: Sender,
  dialect: StoreDialect,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await selectByIds<{ id: string }>(sender, dialect, {
    columns: 'id',
    ids,
    lock: 'none',
  });
  return new Set(rows.map(({ id }) => id));
}

async function endedRows(
  sender: Sender,
  dialect: StoreDialect,
  ids: readonly string[],
): Promise<ExecutionRow[]> {
  if (ids.length === 0) return [];
  return selectByIds<ExecutionRow>(sender, dialect, {
    columns: executionColumns,
    ids,
    lock: 'none',
  });
}
