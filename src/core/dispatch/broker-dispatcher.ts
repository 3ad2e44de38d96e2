import type { Envelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { WaitForFinal } from '../executions/final-wait.js';
import { assertMayWait, type WaitOptions, waitWithin } from '../executions/wait.js';
import type { Logger } from '../log/logger.js';
import { asWaitOfRun, asWorkOfRun } from '../log/run-fields.js';
import type { Broker } from '../ports/broker.js';
import type { Tracker, Transaction } from '../ports/tracker.js';
import { recordError } from '../run/recorded-error.js';
import type { Seams } from '../seams.js';
import type { TaskClass } from '../tasks/task-class.js';
import type { TaskRecord } from '../tasks/task-record.js';
import {
  type Dispatched,
  type DispatchedAll,
  Dispatcher,
  type DispatchOptions,
  type DispatchRequest,
  type DispatchRequests,
  type FinishedExecution,
  type TaskList,
  type TransactionalDispatcher,
} from './dispatcher.js';
import { queueOfLane } from './lanes.js';
import { type QueueClock, type Stamped, type StampParts, stamp } from './stamp.js';

export interface DispatcherParts extends StampParts {
  readonly broker: Pick<Broker, 'enqueue'> & QueueClock;
  readonly waitForFinal: WaitForFinal;
  readonly tracker: Tracker;
  readonly logger: Logger;
  readonly seams: Seams;
}

/** Dispatches through a broker. */
export class BrokerDispatcher extends Dispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    super();
    this.#parts = parts;
  }

  dispatch(
    task: TaskClass | string,
    payload?: unknown,
    options: DispatchOptions = {},
  ): Promise<Dispatched<never>> {
    return this.#asWork(async () => {
      const stamped = await stamp(this.#parts, { task, payload, options });
      const [dispatched] = await this.#enqueue([stamped]);
      // One entry, one answer.
      return dispatched as Dispatched<never>;
    });
  }

  dispatchAll<const Tasks extends TaskList>(
    requests: DispatchRequests<Tasks>,
  ): Promise<DispatchedAll<Tasks>> {
    return this.#asWork(async () => {
      const dispatched = await this.#enqueue(await this.#stampAll(requests));
      return dispatched as DispatchedAll<Tasks>;
    });
  }

  within(transaction: Transaction): TransactionalDispatcher {
    const enlist = async (requests: readonly DispatchRequest[]): Promise<Dispatched[]> => {
      const stamped = (await this.#stampAll(requests)).map(asTracked);
      for (const { record, envelope } of stamped) {
        // Whether the key is free is known when it is queued, after the commit: too late to say so here.
        if (envelope.unique === undefined || record.unique?.onDuplicate !== 'reject') continue;
        const message = `${record.code} rejects duplicates, which a transaction cannot wait for`;
        throw new SkepError('SKEP_DISPATCH_INVALID', message);
      }
      await this.#parts.tracker.pendingWithin(transaction, stamped);
      return stamped.map(({ envelope }) => this.#dispatched(envelope.id, envelope));
    };
    return {
      dispatchAll: <const Tasks extends TaskList>(requests: DispatchRequests<Tasks>) =>
        this.#asWork(async () => (await enlist(requests)) as DispatchedAll<Tasks>),
      dispatch: (task: TaskClass | string, payload?: unknown, options?: DispatchOptions) =>
        this.#asWork(async () => {
          const request = { task, payload, ...(options ? { options } : {}) } as DispatchRequest;
          const [dispatched] = await enlist([request]);
          return dispatched as Dispatched<never>;
        }),
    };
  }

  /** Work of the run that asks, refused with a line in the log once the run has ended. */
  #asWork<T>(dispatch: () => Promise<T>): Promise<T> {
    return asWorkOfRun(dispatch, (error) => {
      this.#parts.logger.warn('the code of a run dispatched after its end: an await is missing', {
        error,
      });
    });
  }

  async #stampAll(requests: readonly DispatchRequest[]): Promise<Stamped[]> {
    const stamped: Stamped[] = [];
    for (const request of requests) stamped.push(await stamp(this.#parts, request));
    return stamped;
  }

  /** Tracked executions are written first, so that nothing runs that nobody knows of. */
  async #enqueue(stamped: readonly Stamped[]): Promise<Dispatched[]> {
    const { broker, tracker } = this.#parts;
    const tracked = stamped.filter(({ envelope }) => envelope.tracked);
    if (tracked.length > 0) await tracker.pending(tracked);
    const entries = stamped.map(({ envelope, availableAt }) => ({ envelope, availableAt }));
    const ids = await broker.enqueue(entries).catch(async (error: unknown) => {
      if (tracked.length > 0) await this.#withdraw(tracked, error);
      throw error;
    });
    if (tracked.length > 0) await this.#recordQueued(tracked, new Set(ids));
    return stamped.map(({ envelope, record }, index) => {
      const id = ids[index] ?? envelope.id;
      if (id !== envelope.id && record.unique?.onDuplicate === 'reject')
        throw duplicate(record, id);
      return this.#dispatched(id, envelope);
    });
  }

  /** What the caller is told has failed must not run, although its record stands and the queue may have it. */
  async #withdraw(tracked: readonly Stamped[], error: unknown): Promise<void> {
    const { tracker, logger, seams } = this.#parts;
    const ids = tracked.map(({ envelope }) => envelope.id);
    try {
      await tracker.withdrawn(ids, recordError(error), seams.now());
    } catch (failure) {
      logger.warn('a dispatch failed and could not be taken back; it may run', { error: failure });
    }
  }

  /** @param known the ids that stand for what was dispatched; those of duplicates are not among them. */
  async #recordQueued(tracked: readonly Stamped[], known: ReadonlySet<string>): Promise<void> {
    const { tracker, logger } = this.#parts;
    const ids = tracked.map(({ envelope }) => envelope.id);
    const queued = ids.filter((id) => known.has(id));
    const discarded = ids.filter((id) => !known.has(id));
    try {
      if (queued.length > 0) await tracker.queued(queued);
      if (discarded.length > 0) await tracker.discarded(discarded);
    } catch (error) {
      // The broker has it, so it will run; the record catches up with the first attempt.
      logger.warn('recording that executions are queued failed', { error });
    }
  }

  #dispatched(id: string, envelope: Envelope): Dispatched {
    const { task, queue } = envelope;
    const wait = (options: WaitOptions = {}): Promise<FinishedExecution<unknown>> => {
      const untilCutOff = async (cutOff?: AbortSignal): Promise<FinishedExecution<unknown>> => {
        assertMayWait(task, queueOfLane(queue));
        const signals = [options.signal, cutOff].filter((each) => each !== undefined);
        const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
        const execution = await waitWithin(this.#parts.waitForFinal, id, { ...options, signal });
        return execution as FinishedExecution<unknown>;
      };
      return asWaitOfRun(task, untilCutOff, wait);
    };
    return { id, duplicate: id !== envelope.id, task, wait };
  }
}

/** A transaction is recorded whatever the task says: the record is what its dispatch stands in until it is queued. */
function asTracked(stamped: Stamped): Stamped {
  return { ...stamped, envelope: { ...stamped.envelope, tracked: true } };
}

function duplicate({ code }: TaskRecord, id: string): SkepError {
  return new SkepError('SKEP_DUPLICATE', `${code} is unique, and ${id} holds its key`);
}
