// Checks payloads: JSON, within the size limit, and fitting the schema of the task.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SkepError } from '../errors/skep-error.js';
import { byteLength, checkedJsonText, formatBytes, type JsonValue, NotJson } from '../json.js';
import { deepestJson, isTooDeep } from '../json-depth.js';
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

/**
 * The payload as `run` gets it: the output of the task's schema, or the JSON as it is without one.
 * @throws SkepError `SKEP_PAYLOAD_INVALID` with every issue that the schema found.
 */
export async function parsePayload(record: TaskRecord, payload: JsonValue): Promise<unknown> {
  // "No payload" travels as null and is undefined again for a schema or a task.
  const value = payload === null ? undefined : payload;
  if (isTooDeep(payload)) {
    const message = `the payload of ${record.code} is nested more than ${deepestJson} levels deep`;
    throw new SkepError('SKEP_PAYLOAD_INVALID', message);
  }
  if (record.payload === undefined) return value;
  const checked = record.payload['~standard'].validate(value);
  const result = checked instanceof Promise ? await checked : checked;
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
