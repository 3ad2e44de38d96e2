// Looking at executions: in queue and record together, or in the record alone while the queue cannot be asked.
import { hasCode } from '../errors/skep-error.js';
import type { ExecutionDetails, ExecutionView } from '../execution.js';
import type { ExecutionHistory, HistoryPage } from '../ports/execution-history.js';

/** What of {@link Executions} changes nothing. */
export interface Looking {
  /** Newest first. @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`. */
  list(page: HistoryPage): Promise<ExecutionView[]>;
  /** With its attempts, where it is on record. */
  find(id: string): Promise<ExecutionView | ExecutionDetails | undefined>;
}

/** @param unreachable why the queue cannot be asked: thrown for what is not on record, since the queue may know of it. */
export function inRecord(
  history: Pick<ExecutionHistory, 'list' | 'find'>,
  unreachable: unknown,
): Looking {
  return {
    async list(page) {
      try {
        return await history.list(page);
      } catch (error) {
        throw hasCode(error, 'SKEP_EXECUTION_UNKNOWN') ? unreachable : error;
      }
    },
    async find(id) {
      const found = await history.find(id);
      if (found === undefined) throw unreachable;
      return found;
    },
  };
}
