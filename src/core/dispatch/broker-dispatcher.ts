// The dispatcher: checks task and payload, stamps envelopes, hands them to the broker.
import { z } from 'zod';
import { durationMs, parseDuration } from '../duration.js';
import type { Envelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';
import type { Logger } from '../log/logger.js';
import { currentRunFields } from '../log/run-fields.js';
import type { Broker, Enqueue } from '../ports/broker.js';
import type { Tracker } from '../ports/tracker.js';
import type { Seams } from '../seams.js';
import { didYouMean } from '../suggest.js';
import { type Priority, priorities } from '../tasks/flow-options.js';
import { parsePayload, payloadJson } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskClass } from '../tasks/task-class.js';
import type { TaskRecord } from '../tasks/task-record.js';
import {
  type Dispatched,
  Dispatcher,
  type DispatchOptions,
  type DispatchRequest,
  type FinishedExecution,
} from './dispatcher.js';
import { laneOf } from './lanes.js';
import { uniqueKey } from './unique-key.js';

export interface DispatcherParts {
  readonly registry: TaskRegistry;
  readonly broker: Pick<Broker, 'enqueue' | 'waitForFinal'>;
  readonly tracker: Tracker;
  readonly logger: Logger;
  readonly seams: Seams;
  readonly payloadLimitBytes: number;
}

interface Stamped extends Enqueue {
  readonly record: TaskRecord;
}

/** Dispatches through a broker. */
export class BrokerDispatcher extends Dispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    super();
    this.#parts = parts;
  }

  async dispatch(
    task: TaskClass | string,
    payload?: unknown,
    options: DispatchOptions = {},
  ): Promise<Dispatched<never>> {
    const stamped = await this.#stamp({ task, payload, options });
    const [dispatched] = await this.#enqueue([stamped]);
    // One entry, one answer.
    return dispatched as Dispatched<never>;
  }

  async dispatchAll(requests: readonly DispatchRequest[]): Promise<Dispatched[]> {
    const stamped: Stamped[] = [];
    for (const request of requests) stamped.push(await this.#stamp(request));
    return this.#enqueue(stamped);
  }

  async #stamp(request: DispatchRequest): Promise<Stamped> {
    const { registry, seams, payloadLimitBytes } = this.#parts;
    const record = registry.get(request.task);
    const payload: JsonValue = payloadJson(record.code, request.payload, payloadLimitBytes);
    const parsed = await parsePayload(record, payload);
    const options = request.options ?? {};
    const dispatchedAt = seams.now();
    const run = currentRunFields();
    const availableAt = startTime(options, dispatchedAt);
    const triggeredBy = options.triggeredBy ?? (run ? `task ${run.task}` : 'code');
    if (triggeredBy.length > longestTrigger) {
      const message = `triggeredBy is longer than ${longestTrigger} characters`;
      throw new SkepError('SKEP_DISPATCH_INVALID', message);
    }
    const envelope: Envelope = {
      v: 1,
      id: seams.newId(),
      task: record.code,
      queue: laneOf(record.queue, priorityOf(options) ?? record.priority),
      payload,
      attempt: 1,
      dispatchedAt,
      ...(options.at === undefined ? {} : { scheduledFor: availableAt }),
      triggeredBy,
      ...(run ? { parent: run.executionId } : {}),
      ...expiry(options, record, availableAt),
      ...uniqueness(record, payload, parsed, dispatchedAt),
    };
    return { envelope, availableAt, record };
  }

  /** Tracked executions are written first, so that nothing runs that nobody knows of. */
  async #enqueue(stamped: readonly Stamped[]): Promise<Dispatched[]> {
    const { broker, tracker } = this.#parts;
    const tracked = stamped.filter(({ record }) => record.tracked !== undefined);
    if (tracked.length > 0) await tracker.pending(tracked.map(({ envelope }) => envelope));
    const ids = await broker.enqueue(
      stamped.map(({ envelope, availableAt }) => ({ envelope, availableAt })),
    );
    if (tracked.length > 0) await this.#recordQueued(tracked, new Set(ids));
    return stamped.map(({ envelope, record }, index) => {
      const id = ids[index] ?? envelope.id;
      if (id !== envelope.id && record.unique?.onDuplicate === 'reject')
        throw duplicate(record, id);
      return this.#dispatched(id, envelope);
    });
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
    return {
      id,
      duplicate: id !== envelope.id,
      task: envelope.task,
      wait: async (signal) =>
        (await this.#parts.broker.waitForFinal(id, signal)) as FinishedExecution<unknown>,
    };
  }
}

/** A queue has no other lanes: what was put into one by a wrong name would never be taken out. */
function priorityOf({ priority }: DispatchOptions): Priority | undefined {
  if (priority === undefined || priorities.includes(priority)) return priority;
  const message = `priority: "${String(priority)}" is none of ${priorities.join(', ')}${didYouMean(String(priority), priorities)}`;
  throw new SkepError('SKEP_DISPATCH_INVALID', message);
}

function expiry(
  options: DispatchOptions,
  record: TaskRecord,
  availableAt: number,
): Pick<Envelope, 'expiresAt'> {
  const { expires } = options;
  if (expires !== undefined && parseDuration(expires) === undefined) {
    const message = `expires: "${expires}" is not a duration such as 5m`;
    throw new SkepError('SKEP_DISPATCH_INVALID', message);
  }
  const expiresMs = expires === undefined ? record.expiresMs : durationMs(expires);
  return expiresMs === undefined ? {} : { expiresAt: availableAt + expiresMs };
}

function uniqueness(
  record: TaskRecord,
  payload: JsonValue,
  parsed: unknown,
  dispatchedAt: number,
): Pick<Envelope, 'unique'> {
  const { unique } = record;
  if (unique === undefined) return {};
  const key = uniqueKey(record.code, unique, payload, parsed);
  const { forMs } = unique;
  return { unique: forMs === undefined ? { key } : { key, until: dispatchedAt + forMs } };
}

function duplicate({ code }: TaskRecord, id: string): SkepError {
  return new SkepError('SKEP_DUPLICATE', `${code} is unique, and ${id} holds its key`);
}

/** The last time that a Date can hold. */
const latestTime = 8.64e15;
const isoTime = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]);
const longestTrigger = 256;

function startTime(options: DispatchOptions, now: number): number {
  const { delay, at } = options;
  if (delay !== undefined && at !== undefined) {
    throw new SkepError('SKEP_DISPATCH_INVALID', 'delay and at were both given');
  }
  if (delay !== undefined) {
    const time = now + (parseDuration(delay) ?? Number.NaN);
    if (time <= latestTime) return time;
    throw new SkepError('SKEP_DISPATCH_INVALID', `"${delay}" is not a duration such as 5m`);
  }
  if (at === undefined) return now;
  const iso = typeof at !== 'string' || isoTime.safeParse(at).success;
  const time = iso ? new Date(at).getTime() : Number.NaN;
  if (Number.isNaN(time)) {
    const message = `"${String(at)}" is not a time in ISO 8601, such as 2026-04-01T02:00:00Z`;
    throw new SkepError('SKEP_DISPATCH_INVALID', message);
  }
  return time;
}
