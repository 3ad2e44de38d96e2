// Hands executions that are on record over to the queue, and records what came of it.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { FinalState } from '../../../core/execution.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Broker, Enqueue } from '../../../core/ports/broker.js';
import type { Tracker } from '../../../core/ports/tracker.js';
import { newFence } from '../../../core/run/fence.js';
import { sumLedgers } from '../../../core/run/ledgers.js';
import { recordError } from '../../../core/run/recorded-error.js';
import type { Seams } from '../../../core/seams.js';
import { type ExecutionRow, envelopeOf, isOnlyAttempt, msOf } from '../store/rows.js';

export interface HandOverParts {
  readonly broker: Pick<Broker, 'enqueue'>;
  readonly store: Pick<Tracker, 'queued' | 'final'>;
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now' | 'random'>;
  /** Who records what cannot be queued. */
  readonly worker: string;
}

/** Never to be queued: final at once. */
interface Refused {
  readonly row: ExecutionRow;
  readonly state: FinalState;
  readonly error: unknown;
}

export interface HandedOver {
  /** The queue has them now. */
  readonly queued: readonly ExecutionRow[];
  readonly refused: readonly Refused[];
}

export class HandOver {
  readonly #parts: HandOverParts;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /** Queues them; those that the queue knows are left as they are. Records nothing yet. */
  async enqueue(rows: readonly ExecutionRow[]): Promise<HandedOver> {
    const queued: ExecutionRow[] = [];
    const refused: Refused[] = [];
    const entries: (Enqueue & { readonly row: ExecutionRow })[] = [];
    for (const row of rows) {
      if (isOnlyAttempt(row)) {
        refused.push({ row, state: 'failed', error: runDied() });
        continue;
      }
      const entry = readEntry(row);
      if (entry instanceof Error) refused.push({ row, state: 'quarantined', error: entry });
      else entries.push({ ...entry, row });
    }
    const holders = entries.length === 0 ? [] : await this.#parts.broker.enqueue(entries);
    for (const [index, { row }] of entries.entries()) {
      const holder = holders[index];
      if (holder === undefined || holder === row.id) queued.push(row);
      else refused.push({ row, state: 'skipped', error: duplicateOf(row, holder) });
    }
    return { queued, refused };
  }

  /** Records that they are queued, or how they ended without. */
  async record({ queued, refused }: HandedOver): Promise<void> {
    const { store, logger, seams, worker } = this.#parts;
    const pending = queued.filter(({ status }) => status === 'pending').map(({ id }) => id);
    if (pending.length > 0) await store.queued(pending);
    for (const { row, state, error } of refused) {
      const attempt = row.retries + row.crashes + 1;
      const now = seams.now();
      const { id: executionId, task } = row;
      const fence = newFence(attempt, seams);
      const facts = { attempt, worker, startedAt: now, finishedAt: now, ledger: sumLedgers([]) };
      const report = { ...facts, error: recordError(error) };
      const recorded = await store.final(
        { executionId, task, attempt, worker, fence },
        state,
        report,
      );
      if (recorded.kind !== 'recorded') continue;
      logger.warn(`execution not queued: ${state}`, { executionId, task, error });
    }
  }
}

function dueAt({ status, next_attempt_at, available_at }: ExecutionRow): number {
  const due = status === 'retrying' ? next_attempt_at : available_at;
  return msOf(due) ?? 0;
}

/** What somebody has damaged must not keep all others from being queued. */
function readEntry(row: ExecutionRow): Enqueue | Error {
  try {
    const entry = { envelope: envelopeOf(row), availableAt: dueAt(row) };
    assertTimes(entry);
    return entry;
  } catch (cause) {
    return new SkepError('SKEP_ENVELOPE_INVALID', 'the record of the execution is damaged', {
      cause,
    });
  }
}

/** Of a time that cannot be read comes `NaN`: no queue takes it, nor any other of the same batch. */
function assertTimes({ envelope, availableAt }: Enqueue): void {
  const { dispatchedAt, scheduledFor, expiresAt, unique } = envelope;
  const times = { availableAt, dispatchedAt, scheduledFor, expiresAt, uniqueUntil: unique?.until };
  for (const [name, time] of Object.entries(times)) {
    if (time !== undefined && !Number.isSafeInteger(time)) throw new Error(`${name} is no time`);
  }
}

/** Of an execution whose only attempt was that of `skep run`. */
export const runDied = (): SkepError =>
  new SkepError('SKEP_RUN_DIED', 'the process of `skep run` is gone, and its run had not ended');

function duplicateOf({ task }: ExecutionRow, holder: string): SkepError {
  return new SkepError('SKEP_DUPLICATE', `${task} is unique, and ${holder} holds its key`);
}
