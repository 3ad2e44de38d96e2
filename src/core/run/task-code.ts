// Performs the code of one task inside its scope, to the end of all that it has begun, and makes plain JSON of what it returns.

import { SkepError } from '../errors/skep-error.js';
import { byteLength, checkedJsonText, formatBytes, type JsonValue, NotJson } from '../json.js';
import { withoutDispatchWatch } from '../log/run-fields.js';
import { injectionToken } from '../tasks/inject.js';
import type { TaskInstance } from '../tasks/task-class.js';
import type { TaskRecord } from '../tasks/task-record.js';
import type { ActiveRun } from './active-run.js';
import type { RetryRequested } from './interruptions.js';
import { RunContext } from './run-context.js';
import type { RunScope } from './scope.js';

/**
 * Makes the task with all that it asks for.
 * @throws SkepError `SKEP_INJECTION_INVALID` for a token that a factory asks for in vain: boot sees no further than the factory,
 *   and another attempt would find the same.
 */
function makeTask({ container }: RunScope, { code, taskClass }: TaskRecord): TaskInstance {
  try {
    return container.resolve(taskClass);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const token = /unregistered dependency token: "(.*?)"/.exec(message)?.[1];
    if (token === undefined) throw error;
    // The container names the constructors from the task on, the innermost last.
    const [, index, type] =
      [...message.matchAll(/at position #(\d+) of "(.*?)" constructor/g)].at(-1) ?? [];
    const asked = type ? `constructor parameter ${Number(index) + 1} of ${type}` : 'the task';
    // Without the error as its cause: a log would print that with the token masked as a secret.
    throw new SkepError(
      'SKEP_INJECTION_INVALID',
      `${code} cannot be made: the factory of ${asked} asks for "${token}", and nothing is registered under it`,
    );
  }
}

/**
 * Resolves the task in the scope and performs it; sync and async code alike.
 * @throws what the task throws; the request of its `context.retry()`, also when the task has caught that; SkepError
 *   `SKEP_WORK_NOT_AWAITED` and the failures of work that nobody awaited.
 */
export async function performCode(
  scope: RunScope,
  record: TaskRecord,
  payload: unknown,
  context: ActiveRun,
): Promise<unknown> {
  let result: unknown;
  try {
    scope.container.registerInstance(injectionToken<RunContext>(RunContext), context);
    // A service that is made here may outlive the run: what its timers dispatch later is not the run's.
    const task = withoutDispatchWatch(() => makeTask(scope, record));
    if (task.dispose) scope.onDispose(`${record.code}.dispose()`, 'task', () => task.dispose?.());
    result = await task.run(payload, context);
  } catch (error) {
    await endAfter(error, scope, context);
    throw askedRetry(context, error) ?? error;
  }
  const asked = askedRetry(context, undefined);
  if (asked) await endAfter(asked, scope, context);
  if (asked) throw asked;
  if (scope.work.clear) {
    scope.work.end();
    return result;
  }
  const failure = await scope.endWork();
  if (failure) throw failure.error;
  return result;
}

/** What the code has thrown stays how it ended; what it has left behind is told in the log. */
async function endAfter(error: unknown, scope: RunScope, { logger }: ActiveRun): Promise<void> {
  if (scope.work.clear) return scope.work.end();
  const failure = await scope.endWork();
  if (failure === undefined || failure.error === error) return;
  logger.warn('the task threw, and left work behind that nobody awaited', { error: failure.error });
}

/** The request of `context.retry()` stands, whatever the task has made of what that threw. */
function askedRetry(context: ActiveRun, thrown: unknown): RetryRequested | undefined {
  const { retryRequest, caughtRetry } = context;
  if (retryRequest === undefined || retryRequest === thrown) return undefined;
  const message = `context.retry() was caught by the code of the task; ${caughtRetry}`;
  context.logger.warn(message, thrown === undefined ? {} : { error: thrown });
  return retryRequest;
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
    const text = checkedJsonText(result, { takesDates: false }) ?? 'null';
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
