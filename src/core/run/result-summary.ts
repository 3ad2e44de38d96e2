// The line that a task makes of its result for the history of its executions.
import type { JsonValue } from '../json.js';
import type { TaskRecord } from '../tasks/task-record.js';

/** @throws what `summarize` of `@Tracked` throws. */
export function resultSummary(
  { tracked }: Pick<TaskRecord, 'tracked'>,
  result: JsonValue | undefined,
): { readonly summary?: string } {
  if (tracked?.summarize === undefined || result === undefined) return {};
  return { summary: String(tracked.summarize(result as never)) };
}
