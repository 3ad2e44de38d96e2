// The observer port: who wants to see runs as they happen (live progress on a terminal, metrics).
import type { AttemptReport, ExecutionState } from '../execution.js';
import type { RunFields } from '../log/run-fields.js';

/** Called synchronously from the runner; must be cheap and must not throw. */
export interface RunObserver {
  started?(run: RunFields): void;
  progress?(run: RunFields, fraction: number, message: string | undefined): void;
  /** The run was handed back to the queue. */
  returned?(run: RunFields): void;
  ended?(run: RunFields, state: ExecutionState, report: AttemptReport): void;
}
