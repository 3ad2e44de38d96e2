// Performs the code of one task inside its scope, and makes plain JSON of what it returns.
import { SkepError } from '../errors/skep-error.js';
import { byteLength, formatBytes, type JsonValue, NotJson, toJsonText } from '../json.js';
import { injectionToken } from '../tasks/inject.js';
import type { TaskInstance } from '../tasks/task-class.js';
import type { TaskRecord } from '../tasks/task-record.js';
import { RunContext } from './run-context.js';
import type { RunScope } from './scope.js';

/** Resolves the task in the scope and performs it; sync and async code alike. */
export async function performCode(
  scope: RunScope,
  record: TaskRecord,
  payload: unknown,
  context: RunContext,
): Promise<unknown> {
  scope.container.registerInstance(injectionToken<RunContext>(RunContext), context);
  const task: TaskInstance = scope.container.resolve(record.taskClass);
  if (task.dispose) scope.onDispose(`${record.code}.dispose()`, 'task', () => task.dispose?.());
  return await task.run(payload, context);
}

/**
 * A result as it is recorded: plain JSON, cut off from the task's objects.
 * @throws SkepError `SKEP_RESULT_INVALID` or `SKEP_RESULT_TOO_LARGE`.
 */
export function resultJson(
  task: string,
  result: unknown,
  limitBytes: number,
): JsonValue | undefined {
  if (result === undefined) return undefined;
  try {
    const text = toJsonText(result) ?? 'null';
    const bytes = byteLength(text);
    if (bytes <= limitBytes) return JSON.parse(text) as JsonValue;
    throw new SkepError(
      'SKEP_RESULT_TOO_LARGE',
      `the result of ${task} is ${formatBytes(bytes)}, the limit is ${formatBytes(limitBytes)}`,
    );
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    throw new SkepError(
      'SKEP_RESULT_INVALID',
      `the result of ${task} is not JSON: ${error.message}`,
      { cause: error },
    );
  }
}
