// The executions of an installation as people manage them: those on record, and those that only a queue knows of.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatched, Dispatcher } from '../dispatch/dispatcher.js';
import { hasCode, SkepError } from '../errors/skep-error.js';
import type { ExecutionDetails, ExecutionView } from '../execution.js';
import type { JsonValue } from '../json.js';
import type { Broker, Cancellation } from '../ports/broker.js';
import type { ExecutionStore, HistoryFilter, HistoryPage } from '../ports/execution-history.js';
import { cancelledReport } from '../run/cancelled-report.js';
import type { Seams } from '../seams.js';
import { finalWait, type WaitForFinal } from './final-wait.js';
import type { Looking } from './looking.js';
import {
  assertQueueCanTell,
  beyondQueue,
  countQueued,
  listQueued,
  newestFirst,
  queuedPages,
  unknownExecution,
} from './queued.js';

/** While what was dispatched in a transaction is on its way to the queue. */
const lookMs = 50;

export interface ExecutionsParts {
  readonly broker: Broker;
  readonly store: ExecutionStore | undefined;
  readonly dispatcher: Dispatcher;
  readonly seams: Pick<Seams, 'now'>;
  /** Who cancels, as in logs. */
  readonly worker: string;
}

export class Executions implements Looking {
  readonly #parts: ExecutionsParts;
  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN`; the signal's reason when it aborts. */
  readonly waitForFinal: WaitForFinal;

  constructor(parts: ExecutionsParts) {
    this.#parts = parts;
    this.waitForFinal = finalWait(parts.broker, parts.store);
  }

  /**
   * Resolves when the queues are empty and nothing on record waits to be queued.
   * @throws the signal's reason when it aborts.
   */
  async waitForEmpty(signal?: AbortSignal): Promise<void> {
    const { broker, store } = this.#parts;
    for (;;) {
      await broker.waitForEmpty(signal);
      const pending = (await store?.history.count({ states: ['pending'] })) ?? 0;
      if (pending === 0) return;
      await sleep(lookMs);
      signal?.throwIfAborted();
    }
  }

  /**
   * Newest first. Those that only the queue knows of are among them where it can be asked.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`; `SKEP_NOT_TRACKING` where only a record could answer.
   */
  async list(page: HistoryPage): Promise<ExecutionView[]> {
    const { store, broker } = this.#parts;
    if (store === undefined) {
      assertQueueCanTell(page);
      return listQueued(broker, page, () => true);
    }
    const older = page.before === undefined ? undefined : await this.#known(page.before);
    const recorded = await store.history.list(
      older?.isRecorded === false ? upTo(page, older.view) : page,
    );
    if (beyondQueue(page).length > 0) return recorded;
    const queued = await listQueued(broker, page, ({ tracked }) => !tracked, older?.view);
    if (queued.length === 0) return recorded;
    return [...recorded, ...queued].sort(newestFirst).slice(0, page.limit);
  }

  /**
   * All that fit, in pages: those on record, newest first, then those that only the queue knows of. The queue is gone
   * through once, and not once for each page.
   * @throws SkepError `SKEP_NOT_TRACKING` where only a record could answer.
   */
  async *pages(filter: HistoryFilter, limit: number): AsyncGenerator<ExecutionView[]> {
    const { store, broker } = this.#parts;
    if (store === undefined) assertQueueCanTell(filter);
    let before: string | undefined;
    while (store !== undefined) {
      const page = await store.history.list({ ...filter, limit, before });
      if (page.length > 0) yield page;
      before = page.at(-1)?.id;
      if (page.length < limit) break;
    }
    if (beyondQueue(filter).length > 0) return;
    yield* queuedPages(broker, filter, limit, ({ tracked }) => !store || !tracked);
  }

  /** How many executions fit, of those that {@link Executions.list} would give. */
  async count(filter: HistoryFilter): Promise<number> {
    const { store, broker } = this.#parts;
    if (store === undefined) assertQueueCanTell(filter);
    const recorded = (await store?.history.count(filter)) ?? 0;
    if (beyondQueue(filter).length > 0) return recorded;
    return recorded + (await countQueued(broker, filter, (view) => !store || !view.tracked));
  }

  /** With its attempts, where it is on record. */
  async find(id: string): Promise<ExecutionView | ExecutionDetails | undefined> {
    const { store, broker } = this.#parts;
    const recorded = await store?.history.find(id);
    if (recorded === undefined) return broker.find(id);
    if (recorded.state !== 'queued' && recorded.state !== 'retrying') return recorded;
    // Only the queue knows that; while it is away, the record is all there is.
    const { unknownSince } = (await broker.find(id).catch(() => undefined)) ?? {};
    return unknownSince === undefined ? recorded : { ...recorded, unknownSince };
  }

  /**
   * Cancels what waits; has the worker told of what runs, whichever process it is in.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN`; `SKEP_EXECUTION_ABANDONED` for what runs on record and in no queue.
   */
  async cancel(id: string): Promise<Cancellation> {
    const { store, broker, seams, worker } = this.#parts;
    const report = cancelledReport(0, worker, seams.now());
    const recorded = (await store?.history.cancelWaiting(id, report)) ?? 'unknown';
    if (recorded === 'final') return 'final';
    // Recorded first: whoever has taken it from the queue meanwhile finds that it has ended.
    const queued = await cancelQueued(broker, id);
    if (recorded === 'cancelled') return 'cancelled';
    if (queued !== undefined) return queued;
    throw recorded === 'running' ? abandoned(id) : unknownExecution(id);
  }

  /**
   * Dispatches the same again, as a new execution.
   * @param payload replaces the one it had, which then need not be readable.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN`, `SKEP_PAYLOAD_NOT_KEPT`, `SKEP_ENVELOPE_INVALID` when its payload cannot be
   *   read, and what dispatching throws: `SKEP_TASK_UNKNOWN` when its task is gone.
   */
  async replay(id: string, payload?: JsonValue): Promise<Dispatched> {
    const { dispatcher } = this.#parts;
    const original =
      payload === undefined
        ? await this.#dispatched(id)
        : { task: (await this.#known(id)).view.task, payload };
    const again = original.payload;
    if (again === undefined) {
      const message = `the payload of ${id} was not kept: ${original.task} says keepPayload: false`;
      throw new SkepError('SKEP_PAYLOAD_NOT_KEPT', message);
    }
    return dispatcher.dispatch(original.task, again, { triggeredBy: 'replay', replayOf: id });
  }

  /** As it was dispatched; without a payload where that was not kept. */
  async #dispatched(
    id: string,
  ): Promise<{ readonly task: string; readonly payload: JsonValue | undefined }> {
    const { store, broker } = this.#parts;
    const recorded = await store?.history.envelope(id);
    if (recorded !== undefined) return recorded;
    const queued = await broker.find(id);
    if (queued === undefined) throw unknownExecution(id);
    if (!queued.unreadable) return queued;
    const remedy = 'Give the payload that it should have with --payload.';
    const message = `what the queue holds of ${id} is no envelope`;
    throw new SkepError('SKEP_ENVELOPE_INVALID', message, { remedy });
  }

  /** What record or queue know of it. @throws SkepError `SKEP_EXECUTION_UNKNOWN`. */
  async #known(
    id: string,
  ): Promise<{ readonly view: ExecutionView; readonly isRecorded: boolean }> {
    const { store, broker } = this.#parts;
    const recorded = await store?.history.find(id);
    const view = recorded ?? (await broker.find(id));
    if (view === undefined) throw unknownExecution(id);
    return { view, isRecorded: recorded !== undefined };
  }
}

/** The same page, from an execution on that is not on record. */
function upTo(page: HistoryPage, { dispatchedAt }: ExecutionView): HistoryPage {
  return { ...page, before: undefined, until: Math.min(page.until ?? Infinity, dispatchedAt) };
}

/** Undefined where the queue does not know the execution. */
async function cancelQueued(broker: Broker, id: string): Promise<Cancellation | undefined> {
  try {
    return await broker.cancel(id);
  } catch (error) {
    if (!hasCode(error, 'SKEP_EXECUTION_UNKNOWN')) throw error;
    return undefined;
  }
}

const abandoned = (id: string): SkepError =>
  new SkepError(
    'SKEP_EXECUTION_ABANDONED',
    `${id} is running on record, and the queue does not know it`,
  );
