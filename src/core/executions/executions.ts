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
import { ExecutionReader } from './execution-reader.js';
import { finalWait, type WaitForFinal } from './final-wait.js';
import type { Looking } from './looking.js';
import {
  assertQueueCanTell,
  beyondQueue,
  countQueued,
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
  readonly #reader: ExecutionReader;
  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN`; the signal's reason when it aborts. */
  readonly waitForFinal: WaitForFinal;

  constructor(parts: ExecutionsParts) {
    this.#parts = parts;
    this.#reader = new ExecutionReader({ broker: parts.broker, history: parts.store?.history });
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
  list(page: HistoryPage): Promise<ExecutionView[]> {
    return this.#reader.list(page);
  }

  /**
   * All that fit, in pages: those on record, newest first, then those that only the queue knows of. The queue is gone
   * through once, and not once for each page.
   * @param options.brief leaves out payloads and long results of those on record.
   * @throws SkepError `SKEP_NOT_TRACKING` where only a record could answer.
   */
  async *pages(
    filter: HistoryFilter,
    limit: number,
    { brief }: Pick<HistoryPage, 'brief'> = {},
  ): AsyncGenerator<ExecutionView[]> {
    const { store, broker } = this.#parts;
    if (store === undefined) assertQueueCanTell(filter);
    let before: string | undefined;
    while (store !== undefined) {
      const page = await store.history.list({ ...filter, limit, before, brief });
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
  find(id: string): Promise<ExecutionView | ExecutionDetails | undefined> {
    return this.#reader.find(id);
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
        : { task: (await this.#reader.known(id)).view.task, payload };
    const again = original.payload;
    if (again === undefined) {
      throw notKept(id, `${original.task} says keepPayload: false`);
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
    if (queued.payloadNotKept)
      throw notKept(id, 'its record was longer than its queue keeps of what has ended');
    if (!queued.unreadable) return queued;
    const remedy = 'Give the payload that it should have with --payload.';
    const message = `what the queue holds of ${id} is no envelope`;
    throw new SkepError('SKEP_ENVELOPE_INVALID', message, { remedy });
  }
}

const notKept = (id: string, why: string): SkepError =>
  new SkepError('SKEP_PAYLOAD_NOT_KEPT', `the payload of ${id} was not kept: ${why}`);

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
