// The second look of the reconciler: what is as it was and still in no queue goes on from here.
import { type ExecutionView, isFinal } from '../../../core/execution.js';
import type { Broker } from '../../../core/ports/broker.js';
import type { Tracker } from '../../../core/ports/tracker.js';
import { newFence } from '../../../core/run/fence.js';
import { sumLedgers } from '../../../core/run/ledgers.js';
import { recordError } from '../../../core/run/recorded-error.js';
import type { Seams } from '../../../core/seams.js';
import { selectByIds } from '../store/bulk.js';
import { type ExecutionRow, executionColumns, isOnlyAttempt, shownTime } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';
import { recordCrashes } from './crashed.js';
import { type HandOver, runDied } from './hand-over.js';
import type { Suspect, Suspects } from './suspects.js';

/** Executions that the queue is asked about at one time. */
const findsAtOnce = 50;

export interface RecoveryParts {
  readonly database: StoreDatabase;
  readonly broker: Pick<Broker, 'holds' | 'find'>;
  readonly store: Pick<Tracker, 'final'>;
  readonly handOver: HandOver;
  readonly suspects: Suspects;
  readonly seams: Pick<Seams, 'now' | 'random'>;
}

/** What was done, by id. */
export interface RecoveryAccount {
  /** Known to no queue, queued again. */
  readonly queued: string[];
  /** The same, with a crash of their run. */
  readonly crashed: string[];
  /** Recorded and never queued. */
  readonly pending: string[];
  /** The queue knew how they had ended. */
  readonly recorded: string[];
  /** Runs of `skep run` whose process died; nobody goes on with them. */
  readonly failed: string[];
}

export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Looks at them again and has what is lost go on. */
  async recover(suspects: readonly Suspect[], account: RecoveryAccount): Promise<void> {
    const { broker } = this.#parts;
    const lost = await this.#unchanged(suspects);
    const held = await broker.holds(lost.map(({ id }) => id));
    const running: ExecutionRow[] = [];
    const waiting: ExecutionRow[] = [];
    for (const row of lost) {
      if (row.status === 'running' && !held.has(row.id)) running.push(row);
      // Its record does not say yet that it is queued.
      else if (row.status === 'pending' || !held.has(row.id)) waiting.push(row);
    }
    await this.#recoverRunning(running, account);
    await this.#recoverWaiting(waiting, account);
  }

  /** The rows of those that nobody has touched since. */
  async #unchanged(suspects: readonly Suspect[]): Promise<ExecutionRow[]> {
    const byId = new Map(suspects.map((each) => [each.id, each]));
    const rows = await this.#rows([...byId.keys()]);
    return rows.filter(({ id, status, fence }) => {
      const known = byId.get(id);
      return known?.status === status && known.fence === fence;
    });
  }

  async #recoverRunning(rows: readonly ExecutionRow[], account: RecoveryAccount): Promise<void> {
    if (rows.length === 0) return;
    const { database, handOver, suspects } = this.#parts;
    const abandoned = await suspects.abandoned(rows.map(({ id }) => id));
    const gone = rows.filter(({ id }) => abandoned.has(id));
    const ended = await this.#recordEnds(gone, account);
    const unended = gone.filter(({ id }) => !ended.has(id));
    await this.#failOnlyAttempts(unended.filter(isOnlyAttempt), account);
    const left = unended
      .filter((row) => !isOnlyAttempt(row))
      .map(({ id, fence }): Suspect => ({ id, status: 'running', fence }));
    if (left.length === 0) return;
    const died = await database.transaction((manager, dialect) =>
      recordCrashes(manager, dialect, left),
    );
    account.crashed.push(...died);
    // The runner sees the crash in the envelope, and quarantines what has crashed too often.
    await handOver.record(await handOver.enqueue(await this.#rows(died)));
  }

  /** What `skep run` began and its process did not end: no other attempt may follow. */
  async #failOnlyAttempts(rows: readonly ExecutionRow[], account: RecoveryAccount): Promise<void> {
    const { suspects, store, seams } = this.#parts;
    const gone = await suspects.abandonedWithoutQueue(rows.map(({ id }) => id));
    for (const row of rows.filter(({ id }) => gone.has(id))) {
      const { id: executionId, task, attempts: attempt, fence } = row;
      const worker = row.worker ?? '';
      const finishedAt = seams.now();
      const startedAt = shownTime(row.started_at) ?? finishedAt;
      const error = recordError(runDied());
      const report = { attempt, worker, startedAt, finishedAt, ledger: sumLedgers([]), error };
      const recorded = await store.final(
        { executionId, task, attempt, worker, fence },
        'failed',
        report,
      );
      if (recorded.kind === 'recorded') account.failed.push(executionId);
    }
  }

  async #recoverWaiting(rows: readonly ExecutionRow[], account: RecoveryAccount): Promise<void> {
    if (rows.length === 0) return;
    const { broker, handOver } = this.#parts;
    const handed = await handOver.enqueue(rows);
    await handOver.record(handed);
    const held = await broker.holds(handed.queued.map(({ id }) => id));
    // It has run since, or the queue remembers that it had ended, and does not take it again.
    const missing = handed.queued.filter(({ id }) => !held.has(id));
    const ended = await this.#recordEnds(await this.#unfinished(missing), account);
    for (const { id, status } of handed.queued) {
      if (!ended.has(id)) account[status === 'pending' ? 'pending' : 'queued'].push(id);
    }
  }

  /** Those of the rows that no run has touched since. */
  async #unfinished(rows: readonly ExecutionRow[]): Promise<ExecutionRow[]> {
    const fences = new Map(rows.map(({ id, fence }) => [id, fence]));
    const now = await this.#rows([...fences.keys()]);
    return now.filter(({ id, status, fence }) => !isFinal(status) && fences.get(id) === fence);
  }

  /** Several at one time: each takes the queue a round trip for every lane. @returns the ids of those that had ended. */
  async #recordEnds(
    rows: readonly ExecutionRow[],
    account: RecoveryAccount,
  ): Promise<ReadonlySet<string>> {
    const ended = new Set<string>();
    for (let at = 0; at < rows.length; at += findsAtOnce) {
      const some = rows.slice(at, at + findsAtOnce);
      const answers = await Promise.all(some.map((row) => this.#recordEnd(row, account)));
      for (const [index, { id }] of some.entries()) if (answers[index]) ended.add(id);
    }
    return ended;
  }

  /** Of an execution whose end could not be recorded when it ended: the queue may remember it. */
  async #recordEnd(row: ExecutionRow, account: RecoveryAccount): Promise<boolean> {
    const { broker, store, seams } = this.#parts;
    const view = await broker.find(row.id);
    if (view === undefined || !isFinal(view.state)) return false;
    const report = reportOf(view);
    const isSameRun = row.status === 'running' && row.attempts === report.attempt;
    const attempt = {
      executionId: row.id,
      task: row.task,
      attempt: report.attempt,
      worker: report.worker,
      fence: isSameRun ? row.fence : newFence(report.attempt, seams),
    };
    const recorded = await store.final(attempt, view.state, report);
    if (recorded.kind === 'recorded') account.recorded.push(row.id);
    return true;
  }

  async #rows(ids: readonly string[]): Promise<ExecutionRow[]> {
    if (ids.length === 0) return [];
    return this.#parts.database.use((manager, dialect) =>
      selectByIds<ExecutionRow>(manager, dialect, { columns: executionColumns, ids, lock: 'none' }),
    );
  }
}

function reportOf(view: ExecutionView): Parameters<Tracker['final']>[2] {
  const { worker = '', dispatchedAt, finishedAt = dispatchedAt, startedAt = finishedAt } = view;
  return {
    attempt: Math.max(1, view.attempt),
    worker,
    startedAt,
    finishedAt,
    ledger: view.ledger ?? sumLedgers([]),
    ...('result' in view ? { result: view.result } : {}),
    ...(view.error === undefined ? {} : { error: view.error }),
  };
}
