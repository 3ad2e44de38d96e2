// The history port: tracked executions as people and the runtime's own roles look at them.
import type { Envelope } from '../envelope.js';
import type {
  AttemptReport,
  ExecutionDetails,
  ExecutionState,
  ExecutionView,
} from '../execution.js';
import type { Tracker } from './tracker.js';

/** Which executions; all that fit every word of it. Times are milliseconds since 1970 UTC, of the dispatch. */
export interface HistoryFilter {
  readonly states?: readonly ExecutionState[] | undefined;
  readonly task?: string | undefined;
  readonly queue?: string | undefined;
  readonly worker?: string | undefined;
  readonly schedule?: string | undefined;
  /** Found in payload, error or task, whatever its case. */
  readonly text?: string | undefined;
  /** Dispatched at this time or later. */
  readonly since?: number | undefined;
  /** Dispatched before this time. */
  readonly until?: number | undefined;
}

export interface HistoryPage extends HistoryFilter {
  readonly limit: number;
  /** Only executions older than this id (paging by key). */
  readonly before?: string | undefined;
  /**
   * What a table shows: no payloads (they are null), and of a result over 4 KiB its size alone, as the `summary`. A page of a thousand
   * executions may hold gigabytes otherwise.
   * @default false
   */
  readonly brief?: boolean | undefined;
}

export interface ExecutionHistory {
  /** Newest first. @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`. */
  list(page: HistoryPage): Promise<ExecutionView[]>;
  count(filter: HistoryFilter): Promise<number>;
  /** With all attempts. */
  find(id: string): Promise<ExecutionDetails | undefined>;
  /**
   * What was dispatched, to be dispatched again. Without a payload when that was not kept.
   * @throws SkepError `SKEP_ENVELOPE_INVALID` when somebody has damaged the record.
   */
  envelope(id: string): Promise<Envelope | undefined>;
  /**
   * Ends an execution whose code is not running.
   * @returns what it was: `cancelled` now, `running` and left alone, or `final` before.
   */
  cancelWaiting(
    id: string,
    report: AttemptReport,
  ): Promise<'cancelled' | 'running' | 'final' | 'unknown'>;
}

/** A tracker whose record can be looked at, and outlives the process. */
export interface ExecutionStore extends Tracker {
  readonly history: ExecutionHistory;
  /** Waits for what is being written. Safe to call twice. */
  close(): Promise<void>;
}
