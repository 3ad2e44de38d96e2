// Checks payloads: JSON, within the size limit, and fitting the schema of the task.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { formatMs } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import { byteLength, checkedJsonText, formatBytes, type JsonValue, NotJson } from '../json.js';
import { deepestJson, isTooDeep } from '../json-depth.js';
import { NotInTime, within } from '../within.js';
import type { TaskRecord } from './task-record.js';

/**
 * What a payload looks like in an envelope: plain JSON, `null` for none. Cut off from the caller's object.
 * @throws SkepError `SKEP_PAYLOAD_INVALID` when JSON cannot say all of it, `SKEP_PAYLOAD_TOO_LARGE`.
 */
export function payloadJson(
  { code: task, payload: schema }: Pick<TaskRecord, 'code' | 'payload'>,
  payload: unknown,
  limitBytes: number,
): JsonValue {
  try {
    // With a schema a Date is no loss: the schema judges the text that it becomes, and may make a Date of it again.
    const text = checkedJsonText(payload, { takesDates: schema !== undefined }) ?? 'null';
    const bytes = byteLength(text);
    if (bytes > limitBytes) {
      throw new SkepError(
        'SKEP_PAYLOAD_TOO_LARGE',
        `the payload of ${task} is ${formatBytes(bytes)}, the limit is ${formatBytes(limitBytes)}`,
      );
    }
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    throw new SkepError(
      'SKEP_PAYLOAD_INVALID',
      `the payload of ${task} is not JSON: ${error.message}`,
      { cause: error },
    );
  }
}

/** How long a payload schema may take, in milliseconds. */
const defaultTimeoutMs = 30_000;

/** Waits for a schema that answers later. */
export type WaitForSchema = <T>(record: TaskRecord, answer: Promise<T>) => Promise<T>;

/**
 * Waits for a schema, for a bounded time.
 * @param timeoutMs how long it may take, in milliseconds. @default 30_000
 * @returns a function that throws SkepError `SKEP_PAYLOAD_TIMEOUT`.
 */
export function waitAtMost(timeoutMs = defaultTimeoutMs): WaitForSchema {
  return async ({ code }, answer) => {
    try {
      return await within(() => answer, timeoutMs);
    } catch (error) {
      if (!(error instanceof NotInTime)) throw error;
      const message = `the payload schema of ${code} did not answer within ${formatMs(timeoutMs)}`;
      throw new SkepError('SKEP_PAYLOAD_TIMEOUT', message);
    }
  };
}

/**
 * The payload as `run` gets it: the output of the task's schema, or the JSON as it is without one.
 * @param wait waits for a schema that answers later; at most 30 s when absent.
 * @throws SkepError `SKEP_PAYLOAD_INVALID` with every issue that the schema found; what `wait` throws.
 */
export async function parsePayload(
  record: TaskRecord,
  payload: JsonValue,
  wait: WaitForSchema = waitAtMost(),
): Promise<unknown> {
  // "No payload" travels as null and is undefined again for a schema or a task.
  const value = payload === null ? undefined : payload;
  if (isTooDeep(payload)) {
    const message = `the payload of ${record.code} is nested more than ${deepestJson} levels deep`;
    throw new SkepError('SKEP_PAYLOAD_INVALID', message);
  }
  if (record.payload === undefined) return value;
  const checked = record.payload['~standard'].validate(value);
  const result = checked instanceof Promise ? await wait(record, checked) : checked;
  if (result.issues === undefined) return result.value;
  throw new SkepError(
    'SKEP_PAYLOAD_INVALID',
    `the payload of ${record.code} does not fit: ${result.issues.map(issueText).join('; ')}`,
  );
}

function issueText(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return path.length === 0 ? issue.message : `${path.join('.')}: ${issue.message}`;
}
