// Looking at executions: in queue and record together, or in the record alone while the queue cannot be asked.
import type { ExecutionDetails, ExecutionView } from '../execution.js';
import type { ExecutionStore, HistoryPage } from '../ports/execution-history.js';

/** What of {@link Executions} changes nothing. */
export interface Looking {
  /** Newest first. @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`. */
  list(page: HistoryPage): Promise<ExecutionView[]>;
  /** With its attempts, where it is on record. */
  find(id: string): Promise<ExecutionView | ExecutionDetails | undefined>;
}

export const inRecord = ({ history }: Pick<ExecutionStore, 'history'>): Looking => ({
  list: (page) => history.list(page),
  find: (id) => history.find(id),
});
