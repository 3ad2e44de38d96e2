// The store port over an existing table: `scheduled_job_execution`, with the names that the old system gave its columns.
import {
  ApplicationDatabase,
  type AttemptReport,
  type Beginning,
  type ExecutionHistory,
  type ExecutionState,
  type ExecutionStore,
  type FinalState,
  injectionToken,
  type PendingExecution,
  type Recorded,
  SkepError,
  type StoreParts,
  type TrackedAttempt,
  type Transaction,
} from 'skep';
import { LegacyHistory } from './legacy-history.js';
import { type LegacyRow, stateOf, statusIds } from './legacy-row.js';

/** Attempts of an execution have fences in their order; those of one attempt are below this times its number plus one. */
const attemptSpan = 2 ** 32;

export class LegacyStore implements ExecutionStore {
  readonly history: ExecutionHistory;
  readonly #database: ApplicationDatabase;

  constructor({ container }: StoreParts) {
    this.#database = container.resolve(injectionToken<ApplicationDatabase>(ApplicationDatabase));
    this.history = new LegacyHistory(this.#database);
  }

  pending(executions: readonly PendingExecution[]): Promise<void> {
    return this.#database.transaction((manager) => this.#insert(manager, executions));
  }

  async pendingWithin(): Promise<void> {
    throw new SkepError('SKEP_NOT_TRACKING', 'the old table has no outbox for a relay');
  }

  async queued(): Promise<void> {
    // The old system has one status for what waits, in the database or in the queue.
  }

  async discarded(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) {
      await this.#query('DELETE FROM scheduled_job_execution WHERE execution_id = ?', [id]);
    }
  }

  withdrawn(executionIds: readonly string[]): Promise<void> {
    return this.discarded(executionIds);
  }

  async begin(attempt: TrackedAttempt, startedAt: number): Promise<Beginning> {
    await this.#query(
      `UPDATE scheduled_job_execution SET status_id = ?, started_at = ?, error_message = NULL, fence = ?
       WHERE execution_id = ? AND completed_at IS NULL AND fence < ?`,
      [
        statusIds.running,
        startedAt,
        attempt.fence,
        attempt.executionId,
        (attempt.attempt + 1) * attemptSpan,
      ],
    );
    const recorded = await this.#recorded(this.#database, attempt, attempt.fence);
    return recorded.kind === 'recorded' ? { kind: 'begun' } : recorded;
  }

  progress(): void {
    // There is no column for it.
  }

  async returned(attempt: TrackedAttempt): Promise<void> {
    await this.#write(this.#database, attempt, 'queued', undefined);
  }

  retrying(attempt: TrackedAttempt, report: AttemptReport): Promise<Recorded> {
    return this.#write(this.#database, attempt, 'retrying', report);
  }

  final(attempt: TrackedAttempt, state: FinalState, report: AttemptReport): Promise<Recorded> {
    return this.#write(this.#database, attempt, state, report, report.finishedAt);
  }

  async complete(
    attempt: TrackedAttempt,
    transaction: Transaction,
    report: AttemptReport,
  ): Promise<void> {
    const on = { use: <T>(work: (manager: Transaction) => Promise<T>) => work(transaction) };
    const before = await this.#recorded(on, attempt, attempt.fence);
    if (before.kind !== 'recorded') {
      throw new SkepError('SKEP_STALE_ATTEMPT', `${attempt.executionId} is not this attempt's`);
    }
    await this.#write(on, attempt, 'success', report, report.finishedAt);
  }

  async close(): Promise<void> {
    // Nothing is written late.
  }

  async #insert(manager: Transaction, executions: readonly PendingExecution[]): Promise<void> {
    for (const { envelope } of executions) {
      const { id, task, payload, dispatchedAt } = envelope;
      await manager.query(
        `INSERT INTO scheduled_job_execution (execution_id, job_code, arguments, status_id, created_at)
         VALUES (?, ?, ?, ?, ?)`,
        [id, task, JSON.stringify(payload), statusIds.pending, dispatchedAt],
      );
    }
  }

  async #write(
    on: Pick<ApplicationDatabase, 'use'> | UsesOne,
    attempt: TrackedAttempt,
    state: ExecutionState,
    report: AttemptReport | undefined,
    completedAt: number | null = null,
  ): Promise<Recorded> {
    const before = await this.#recorded(on, attempt, attempt.fence);
    if (before.kind !== 'recorded') return before;
    const summary = report?.summary ?? JSON.stringify(report?.result);
    await on.use((manager: Transaction) =>
      manager.query(
        `UPDATE scheduled_job_execution
         SET status_id = ?, completed_at = ?, duration_ms = ?, result_summary = ?, error_message = ?, fence = ?
         WHERE execution_id = ? AND completed_at IS NULL AND fence <= ?`,
        [
          statusIds[state],
          completedAt,
          report ? report.finishedAt - report.startedAt : null,
          summary?.slice(0, 500) ?? null,
          report?.error?.message ?? null,
          attempt.fence,
          attempt.executionId,
          attempt.fence,
        ],
      ),
    );
    return { kind: 'recorded' };
  }

  /** Whether the record is still that of this attempt; how it ended otherwise. */
  async #recorded(
    on: Pick<ApplicationDatabase, 'use'> | UsesOne,
    { executionId, worker, attempt }: TrackedAttempt,
    fence: number,
  ): Promise<Recorded> {
    const rows = (await on.use((manager: Transaction) =>
      manager.query('SELECT * FROM scheduled_job_execution WHERE execution_id = ?', [executionId]),
    )) as LegacyRow[];
    const [row] = rows;
    if (row === undefined || (row.completed_at === null && Number(row.fence) <= fence)) {
      return { kind: 'recorded' };
    }
    if (row.completed_at === null) return { kind: 'superseded' };
    const finishedAt = Number(row.completed_at);
    const message = row.error_message;
    return {
      kind: 'final',
      state: stateOf(row) as FinalState,
      report: {
        attempt,
        worker,
        startedAt: Number(row.started_at ?? finishedAt),
        finishedAt,
        ledger: { opened: 0, closed: 0, killed: 0, leaked: 0 },
        ...(row.result_summary === null ? {} : { summary: row.result_summary }),
        ...(message === null ? {} : { error: { code: 'Error', message } }),
      },
    };
  }

  #query(sql: string, parameters: unknown[]): Promise<unknown> {
    return this.#database.use((manager) => manager.query(sql, parameters));
  }
}

interface UsesOne {
  use<T>(work: (manager: Transaction) => Promise<T>): Promise<T>;
}
