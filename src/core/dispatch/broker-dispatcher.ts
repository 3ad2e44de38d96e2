// The dispatcher: checks task and payload, stamps envelopes, hands them to the broker.
import { z } from 'zod';
import { parseDuration } from '../duration.js';
import type { Envelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';
import type { Logger } from '../log/logger.js';
import { currentRunFields } from '../log/run-fields.js';
import type { Broker, Enqueue } from '../ports/broker.js';
import type { Tracker } from '../ports/tracker.js';
import type { Seams } from '../seams.js';
import { parsePayload, payloadJson } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskClass } from '../tasks/task-class.js';
import {
  type Dispatched,
  Dispatcher,
  type DispatchOptions,
  type DispatchRequest,
  type FinishedExecution,
} from './dispatcher.js';

export interface DispatcherParts {
  readonly registry: TaskRegistry;
  readonly broker: Broker;
  readonly tracker: Tracker;
  readonly logger: Logger;
  readonly seams: Seams;
  readonly payloadLimitBytes: number;
}

interface Stamped extends Enqueue {
  readonly tracked: boolean;
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
    await this.#enqueue([stamped]);
    return this.#dispatched(stamped.envelope) as Dispatched<never>;
  }

  async dispatchAll(requests: readonly DispatchRequest[]): Promise<Dispatched[]> {
    const stamped: Stamped[] = [];
    for (const request of requests) stamped.push(await this.#stamp(request));
    await this.#enqueue(stamped);
    return stamped.map(({ envelope }) => this.#dispatched(envelope));
  }

  async #stamp(request: DispatchRequest): Promise<Stamped> {
    const { registry, seams, payloadLimitBytes } = this.#parts;
    const record = registry.get(request.task);
    const payload: JsonValue = payloadJson(record.code, request.payload, payloadLimitBytes);
    await parsePayload(record, payload);
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
      queue: record.queue,
      payload,
      attempt: 1,
      dispatchedAt,
      ...(options.at === undefined ? {} : { scheduledFor: availableAt }),
      triggeredBy,
      ...(run ? { parent: run.executionId } : {}),
    };
    return { envelope, availableAt, tracked: record.tracked !== undefined };
  }

  /** Tracked executions are written first, so that nothing runs that nobody knows of. */
  async #enqueue(stamped: readonly Stamped[]): Promise<void> {
    const { broker, tracker, logger } = this.#parts;
    const tracked = stamped.filter((each) => each.tracked).map(({ envelope }) => envelope);
    if (tracked.length > 0) await tracker.pending(tracked);
    await broker.enqueue(stamped.map(({ envelope, availableAt }) => ({ envelope, availableAt })));
    if (tracked.length === 0) return;
    try {
      await tracker.queued(tracked.map(({ id }) => id));
    } catch (error) {
      // The broker has it, so it will run; the record catches up with the first attempt.
      logger.warn('recording that executions are queued failed', { error });
    }
  }

  #dispatched(envelope: Envelope): Dispatched {
    return {
      id: envelope.id,
      task: envelope.task,
      wait: async (signal) =>
        (await this.#parts.broker.waitForFinal(envelope.id, signal)) as FinishedExecution<unknown>,
    };
  }
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
