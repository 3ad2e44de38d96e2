// The rows of single attempts: what each came to, whatever becomes of its execution later.
import type { AttemptRecord, AttemptReport } from '../../../core/execution.js';
import type { TrackedAttempt } from '../../../core/ports/tracker.js';
import { insertMany, type Sender } from './bulk.js';
import type { LockedRow } from './current.js';
import { keptError } from './kept-text.js';
import type { ColumnValue } from './pending-row.js';
import { columnTime, type StoreDialect, shownTime } from './rows.js';

const attemptTable = {
  table: 'execution_attempt',
  columns: [
    'execution_id',
    'attempt',
    'fence',
    'worker',
    'started_at',
    'completed_at',
    'outcome',
    'error_code',
    'error_message',
    'error_stack',
    'ledger',
  ],
} as const;

export function insertAttempts(
  sender: Sender,
  dialect: StoreDialect,
  rows: readonly (readonly ColumnValue[])[],
): Promise<void> {
  return insertMany(sender, dialect, attemptTable, rows);
}

export function attemptValues(
  { executionId, attempt, fence }: TrackedAttempt,
  outcome: AttemptRecord['outcome'],
  report: AttemptReport,
): ColumnValue[] {
  const error = keptError(report.error);
  return [
    executionId,
    attempt,
    fence,
    report.worker,
    columnTime(report.startedAt),
    columnTime(report.finishedAt),
    outcome,
    error.code,
    error.message,
    error.stack,
    JSON.stringify(report.ledger),
  ];
}

/** The attempt that the row says is running, by what ended it: nobody knows more of it. */
export function unreportedAttempt(
  row: LockedRow,
  outcome: 'crashed' | 'returned',
  completedAt: number | undefined,
): ColumnValue[] {
  const startedAt = shownTime(row.started_at) ?? completedAt ?? 0;
  const ended = completedAt === undefined ? null : columnTime(completedAt);
  const { id, attempts, fence, worker } = row;
  return [
    id,
    attempts,
    fence,
    worker ?? '',
    columnTime(startedAt),
    ended,
    outcome,
    null,
    null,
    null,
    null,
  ];
}
