// The stamp of a dispatch: task and payload are checked, and what is asked for becomes an envelope.
import { z } from 'zod';
import { durationMs, longestDelayMs, parseDuration } from '../duration.js';
import type { Envelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';
import { currentRunFields } from '../log/run-fields.js';
import type { Enqueue } from '../ports/broker.js';
import type { Seams } from '../seams.js';
import { didYouMean } from '../suggest.js';
import { type Priority, priorities } from '../tasks/flow-options.js';
import { parsePayload, payloadJson, waitAtMost } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskRecord } from '../tasks/task-record.js';
import { wellFormed } from '../well-formed.js';
import type { DispatchOptions, DispatchRequest } from './dispatcher.js';
import { laneOf } from './lanes.js';
import { uniqueKey } from './unique-key.js';

/** The clock of the queue: `delay`, `expires` and `unique.for` count by it, so that two machines mean the same time. */
export interface QueueClock {
  /** Milliseconds since 1970 UTC. */
  now(): number | Promise<number>;
}

export interface StampParts {
  readonly broker: QueueClock;
  readonly registry: TaskRegistry;
  readonly seams: Pick<Seams, 'newId'>;
  readonly payloadLimitBytes: number;
  /** How long the payload schema of a task may take, in milliseconds. @default 30_000 */
  readonly payloadTimeoutMs?: number;
}

/** What goes to the broker, with the task it is for. */
export interface Stamped extends Enqueue {
  readonly record: TaskRecord;
}

/**
 * Checks a request and makes its envelope.
 * @throws SkepError `SKEP_TASK_UNKNOWN`, `SKEP_PAYLOAD_INVALID`, `SKEP_PAYLOAD_TIMEOUT`, `SKEP_PAYLOAD_TOO_LARGE`, `SKEP_DISPATCH_INVALID`.
 */
export async function stamp(
  { registry, broker, seams, payloadLimitBytes, payloadTimeoutMs }: StampParts,
  request: DispatchRequest,
): Promise<Stamped> {
  const record = registry.get(request.task);
  const payload: JsonValue = payloadJson(record, request.payload, payloadLimitBytes);
  const parsed = await parsePayload(record, payload, waitAtMost(payloadTimeoutMs));
  const options = request.options ?? {};
  const dispatchedAt = await broker.now();
  const run = currentRunFields();
  const availableAt = startTime(options, dispatchedAt);
  const triggeredBy = wellFormed(options.triggeredBy ?? (run ? `task ${run.task}` : 'code'));
  assertLength('triggeredBy', triggeredBy, longestTrigger);
  if (options.userId !== undefined) assertLength('userId', options.userId, longestUserId);
  const envelope: Envelope = {
    v: 1,
    id: seams.newId(),
    task: record.code,
    queue: laneOf(record.queue, priorityOf(options) ?? record.priority),
    payload,
    attempt: 1,
    dispatchedAt,
    ...scheduledFor(options, availableAt),
    triggeredBy,
    ...(run ? { parent: run.executionId } : {}),
    ...expiry(options, record, availableAt),
    ...uniqueness(record, payload, parsed, dispatchedAt),
    ...(record.tracked === undefined ? {} : { tracked: true }),
    ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
    ...(options.replayOf === undefined ? {} : { replayOf: options.replayOf }),
    ...(options.userId === undefined ? {} : { userId: wellFormed(options.userId) }),
  };
  return { envelope, availableAt, record };
}

function scheduledFor(
  { at, scheduledFor: tick }: DispatchOptions,
  availableAt: number,
): Pick<Envelope, 'scheduledFor'> {
  if (tick !== undefined) return { scheduledFor: tick.getTime() };
  return at === undefined ? {} : { scheduledFor: availableAt };
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
  if (expires !== undefined && durationMs(expires) > longestDelayMs) {
    throw new SkepError('SKEP_DISPATCH_INVALID', `expires: "${expires}" is more than ten years`);
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

const isoTime = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]);
const longestTrigger = 256;
const longestUserId = 64;

function assertLength(what: string, text: string, longest: number): void {
  if (text.length <= longest) return;
  throw new SkepError('SKEP_DISPATCH_INVALID', `${what} is longer than ${longest} characters`);
}

function startTime(options: DispatchOptions, now: number): number {
  const { delay, at } = options;
  if (delay !== undefined && at !== undefined) {
    throw new SkepError(
      'SKEP_DISPATCH_INVALID',
      'delay and at were both given: each says when it may begin',
    );
  }
  if (delay !== undefined) {
    const delayMs = parseDuration(delay);
    if (delayMs === undefined) {
      throw new SkepError(
        'SKEP_DISPATCH_INVALID',
        `delay: "${delay}" is not a duration such as 5m`,
      );
    }
    return inReach('delay', delay, now + delayMs, now);
  }
  if (at === undefined) return now;
  const iso = typeof at !== 'string' || isoTime.safeParse(at).success;
  const time = iso ? new Date(at).getTime() : Number.NaN;
  if (Number.isNaN(time)) {
    const message = `at: "${String(at)}" is not a time in ISO 8601, such as 2026-04-01T02:00:00Z`;
    throw new SkepError('SKEP_DISPATCH_INVALID', message);
  }
  return inReach('at', String(at instanceof Date ? at.toISOString() : at), time, now);
}

/** The time, when it is within ten years. */
function inReach(option: string, given: string, time: number, now: number): number {
  if (time - now <= longestDelayMs) return time;
  throw new SkepError('SKEP_DISPATCH_INVALID', `${option}: "${given}" is more than ten years away`);
}
