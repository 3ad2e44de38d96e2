// The dispatcher as tasks and services see it: ask for a task to be executed, by class or by code.
import type { Duration } from '../duration.js';
import type { ExecutionView } from '../execution.js';
import type { JsonValue } from '../json.js';
import type { Transaction } from '../ports/tracker.js';
import type { Priority } from '../tasks/flow-options.js';
import type { PayloadArguments, PayloadOf, ResultOf, TaskClass } from '../tasks/task-class.js';

export interface DispatchOptions {
  /** Not started before this much time has passed. */
  readonly delay?: Duration;
  /** Not started before this time; a Date or ISO 8601. Becomes `context.scheduledFor`. */
  readonly at?: Date | string;
  /** Replaces the priority of the task. */
  readonly priority?: Priority;
  /** Not begun so long after it was due: `skipped`. Replaces what the task says. */
  readonly expires?: Duration;
  /** Who or what asked; `task <code>` inside a run, `code` elsewhere when absent. */
  readonly triggeredBy?: string;
  /** The user for whom it is, by the application's own id; kept with the record. */
  readonly userId?: string;
  /** The time that it stands for, where that is not the time from which it may start. */
  readonly scheduledFor?: Date;
  /** Name of the schedule that asks for it. */
  readonly schedule?: string;
  /** Id of the execution that it repeats. */
  readonly replayOf?: string;
}

/** An execution that was acknowledged: from here on it reaches a final state. */
export interface Dispatched<Result = unknown> {
  /** Of this execution, or of the one that holds the unique key of the task already. */
  readonly id: string;
  /** Whether another execution holds the unique key, so that this dispatch has put none into the queue. */
  readonly duplicate: boolean;
  readonly task: string;
  /**
   * Waits until the execution has ended, however it ended.
   * @throws the signal's reason when it aborts.
   */
  wait(signal?: AbortSignal): Promise<FinishedExecution<Result>>;
}

export type FinishedExecution<Result> = Omit<ExecutionView, 'result'> & {
  readonly result?: Result;
};

/** One of several dispatches that go to the broker together. */
export type DispatchRequest<C extends TaskClass = TaskClass> = {
  readonly task: C | string;
  readonly payload?: PayloadOf<C>;
  readonly options?: DispatchOptions;
};

/** Asks for tasks to be executed. Injectable: `@inject(Dispatcher)`. */
export abstract class Dispatcher {
  /**
   * Dispatches by class; payload and result types are those of `run`. Durable when it resolves.
   * @throws SkepError `SKEP_TASK_UNKNOWN`, `SKEP_PAYLOAD_INVALID`, `SKEP_PAYLOAD_TOO_LARGE`, `SKEP_DISPATCH_INVALID`,
   *   `SKEP_DUPLICATE`, `SKEP_QUEUE_UNREACHABLE`.
   */
  abstract dispatch<C extends TaskClass>(
    task: C,
    ...parameters: PayloadArguments<C, DispatchOptions>
  ): Promise<Dispatched<ResultOf<C>>>;
  /** Dispatches by code. */
  abstract dispatch(
    code: string,
    payload?: JsonValue,
    options?: DispatchOptions,
  ): Promise<Dispatched>;

  /**
   * Dispatches several at once: all or none, in one write of the broker. Only duplicates of unique tasks are left out;
   * where a task rejects them, `SKEP_DUPLICATE` is thrown when the others are queued.
   */
  abstract dispatchAll<C extends TaskClass>(
    requests: readonly DispatchRequest<C>[],
  ): Promise<Dispatched[]>;

  /**
   * Dispatches inside a transaction of the application's database: the executions exist if and only if it commits, and
   * are queued after that, usually within 100 ms. They are tracked, whatever their task says.
   * @param transaction the manager that `maria.transaction` gives, or that of a service of your own.
   * @throws SkepError from its methods: as `dispatch`; `SKEP_NO_TRANSACTION`, `SKEP_NOT_TRACKING`.
   */
  abstract within(transaction: Transaction): TransactionalDispatcher;
}

/** Dispatches with a transaction of the caller. */
export type TransactionalDispatcher = Pick<Dispatcher, 'dispatch' | 'dispatchAll'>;
