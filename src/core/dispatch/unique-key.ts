// The key by which executions of a unique task count as the same.
import { createHash } from 'node:crypto';
import { SkepError } from '../errors/skep-error.js';
import { checkedJsonText, type JsonValue } from '../json.js';
import type { UniqueRule } from '../tasks/flow-options.js';

/** The code of a task shows in a key as far as this; the digest holds all of it. */
const longestCode = 64;

/**
 * Makes the key: the task's code and a digest, so that a payload neither shows in a key nor makes it long.
 * @param payload as it was dispatched; the key of a task without a key function.
 * @param parsed the payload as `run` gets it, for the task's own key function.
 * @throws SkepError `SKEP_DISPATCH_INVALID` when that function throws or gives no JSON.
 */
export function uniqueKey(
  task: string,
  { key }: UniqueRule,
  payload: JsonValue,
  parsed: unknown,
): string {
  const text = sortedText(key ? () => key(parsed as never) : () => payload, task);
  const digest = createHash('sha256').update(`${task}\n${text}`).digest('base64url');
  return `${task.slice(0, longestCode)}:${digest}`;
}

function sortedText(make: () => unknown, task: string): string {
  let text: string | undefined;
  try {
    // As JSON every Map and every promise is the same empty object; a Date is its text.
    text = checkedJsonText(make(), { takesDates: true });
  } catch (cause) {
    const message = `the unique key of ${task} cannot be made of this payload`;
    throw new SkepError('SKEP_DISPATCH_INVALID', message, { cause });
  }
  if (text === undefined) {
    const message = `the unique key of ${task} gave nothing for this payload`;
    throw new SkepError('SKEP_DISPATCH_INVALID', message);
  }
  return JSON.stringify(sorted(JSON.parse(text)));
}

/** The order in which the keys of an object were written is no difference. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}
