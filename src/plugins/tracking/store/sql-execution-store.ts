// The store of tracked executions in the application's database. What is said of many runs at one time is written together.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { AttemptReport, FinalState, RecordedError } from '../../../core/execution.js';
import type { StoreParts } from '../../../core/host/role.js';
import { toJsonText } from '../../../core/json.js';
import type { ExecutionHistory, ExecutionStore } from '../../../core/ports/execution-history.js';
import type {
  Beginning,
  PendingExecution,
  Recorded,
  TrackedAttempt,
  Transaction,
} from '../../../core/ports/tracker.js';
import type { TrackedOptions } from '../../../core/tasks/declaration.js';
import type { TaskRegistry } from '../../../core/tasks/registry.js';
import type { ApplicationDatabase } from '../../../datasources/index.js';
import { OutboxSignal } from '../outbox-signal.js';
import { type EndingRun, writeEndings } from './endings.js';
import { type GroupWriters, groupWriters } from './group-writers.js';
import { busyRow, rowBusy, storeClosed } from './groups.js';
import { assertTransaction, insertPendingWithin } from './pending.js';
import { StoreDatabase } from './store-database.js';
import { withdrawPending } from './withdrawn.js';

export interface SqlExecutionStoreParts extends Pick<StoreParts, 'registry' | 'logger' | 'seams'> {
  readonly database: ApplicationDatabase;
  readonly history: ExecutionHistory;
}

export class SqlExecutionStore implements ExecutionStore {
  readonly history: ExecutionHistory;
  /** Tells the relay of this process that something was dispatched in a transaction. */
  readonly outbox = new OutboxSignal();
  readonly #parts: SqlExecutionStoreParts;
  readonly #keeping: Keeping;
  #opened: { readonly database: StoreDatabase; readonly writers: GroupWriters } | undefined;
  #closed = false;

  constructor(parts: SqlExecutionStoreParts) {
    this.#parts = parts;
    this.history = parts.history;
    this.#keeping = keepingOf(parts.registry);
  }

  async pending(executions: readonly PendingExecution[]): Promise<void> {
    const { writers } = this.#open();
    if (this.#parts.database.callerExcludesWriters) throw insideTransaction(executions);
    await writers.pending.add(executions);
  }

  async pendingWithin(
    transaction: Transaction,
    executions: readonly PendingExecution[],
  ): Promise<void> {
    const { database } = this.#open();
    const ids = await insertPendingWithin(transaction, database.dialect, executions);
    this.outbox.dispatched(ids);
  }

  /** Written within some milliseconds, or at the close: see queued.ts. */
  async queued(executionIds: readonly string[]): Promise<void> {
    this.#open().writers.queued.add(executionIds);
  }

  async discarded(executionIds: readonly string[]): Promise<void> {
    await this.#open().writers.discarded.add(executionIds);
  }

  async withdrawn(
    executionIds: readonly string[],
    error: RecordedError,
    at: number,
  ): Promise<void> {
    await this.#open().database.use((manager, dialect) =>
      withdrawPending(manager, dialect, executionIds, error, at),
    );
  }

  async begin(attempt: TrackedAttempt, startedAt: number): Promise<Beginning> {
    const { beginnings, queued } = this.#open().writers;
    queued.forget(attempt.executionId);
    return beginnings.add({ attempt, startedAt });
  }

  /** Progress is shown while a run goes on, by those who watch it; a record of it would outlive its meaning. */
  progress(): void {}

  async returned(attempt: TrackedAttempt): Promise<void> {
    await this.#end({ kind: 'returned', attempt, at: this.#parts.seams.now() });
  }

  retrying(
    attempt: TrackedAttempt,
    report: AttemptReport,
    nextAttemptAt: number,
  ): Promise<Recorded> {
    return this.#end({ kind: 'retrying', attempt, report, nextAttemptAt });
  }

  final(attempt: TrackedAttempt, state: FinalState, report: AttemptReport): Promise<Recorded> {
    return this.#end(this.#final(attempt, state, report));
  }

  async complete(
    attempt: TrackedAttempt,
    transaction: Transaction,
    report: AttemptReport,
  ): Promise<void> {
    const { dialect } = this.#open().database;
    assertTransaction(transaction);
    const ending = this.#final(attempt, 'success', report);
    const [recorded] = await writeEndings(transaction, dialect, [ending], 'all');
    if (recorded === busyRow) throw rowBusy();
    if (recorded?.kind === 'recorded') return;
    const { executionId } = attempt;
    const why = {
      final: 'has ended',
      superseded: 'belongs to a later attempt',
      foreign: 'is of another task',
    };
    const what = recorded === undefined ? 'is not on record' : why[recorded.kind];
    throw new SkepError('SKEP_STALE_ATTEMPT', `the execution ${executionId} ${what}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#opened === undefined) return;
    const { pending, discarded, beginnings, endings, queued } = this.#opened.writers;
    await Promise.all([pending, discarded, beginnings, endings].map((groups) => groups.close()));
    await queued.close();
  }

  async #end(run: EndingRun): Promise<Recorded> {
    const recorded = await this.#open().writers.endings.add(run);
    if (recorded !== undefined) return recorded;
    const { executionId, task } = run.attempt;
    this.#parts.logger.warn('an execution ended that is not on record', { executionId, task });
    return { kind: 'recorded' };
  }

  #final(attempt: TrackedAttempt, state: FinalState, report: AttemptReport): EndingRun {
    const { keepPayload = true, keepResult = true } = this.#keeping(attempt.task);
    const result = keepResult ? (toJsonText(report.result) ?? null) : null;
    return { kind: 'final', attempt, state, report, keepPayload, result };
  }

  /** @throws SkepError `SKEP_STORE_CLOSED`, `SKEP_DATASOURCE_URL`. */
  #open(): { readonly database: StoreDatabase; readonly writers: GroupWriters } {
    if (this.#closed) throw storeClosed();
    if (this.#opened === undefined) {
      const database = new StoreDatabase(this.#parts.database);
      this.#opened = { database, writers: groupWriters(database, this.#parts.logger) };
    }
    return this.#opened;
  }
}

/** The record is written on another connection, which would wait for the transaction that waits for the dispatch. */
function insideTransaction(executions: readonly PendingExecution[]): SkepError {
  const tasks = [...new Set(executions.map(({ envelope }) => envelope.task))].join(', ');
  const message = `${tasks} was dispatched inside a transaction on the SQLite file that holds the record of executions, beside the manager of that transaction. The file has one writer at a time, so each would wait for the other`;
  const remedy =
    'Dispatch with dispatcher.within(manager), where manager is that of the transaction; or dispatch after the transaction.';
  return new SkepError('SKEP_NESTED_WRITE', message, { remedy });
}

type Keeping = (task: string) => TrackedOptions;

/** What tasks say is kept of their executions. A task may be gone that has some left. */
function keepingOf(registry: TaskRegistry): Keeping {
  let byCode: ReadonlyMap<string, TrackedOptions> | undefined;
  return (task) => {
    byCode ??= new Map(registry.all.map(({ code, tracked }) => [code, tracked ?? {}]));
    return byCode.get(task) ?? {};
  };
}
