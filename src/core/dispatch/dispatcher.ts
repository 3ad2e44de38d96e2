// The dispatcher as tasks and services see it: ask for a task to be executed, by class or by code.
import type { Duration } from '../duration.js';
import type { ExecutionView } from '../execution.js';
import type { WaitOptions } from '../executions/wait.js';
import type { JsonValue } from '../json.js';
import type { Transaction } from '../ports/tracker.js';
import type { Priority } from '../tasks/flow-options.js';
import type { PayloadArguments, PayloadInput, ResultOf, TaskClass } from '../tasks/task-class.js';

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
   * Waits until the execution has ended, however it ended. Inside a run the execution must be of another queue than the
   * run: its slot is kept while it waits. A wait that is unfinished when `run` returns fails the attempt with
   * `SKEP_WORK_NOT_AWAITED`, and ends. To have a task performed and go on with its result, use `context.call`.
   * @throws SkepError `SKEP_WAIT_SAME_QUEUE` inside a run of the same queue; `SKEP_WAIT_TIMEOUT` after `timeout`; the reason of
   *   `signal` when that aborts.
   * @example
   * const report = await dispatched.wait({ timeout: '5m', signal: context.signal });
   */
  wait(options?: WaitOptions): Promise<FinishedExecution<Result>>;
}

export type FinishedExecution<Result> = Omit<ExecutionView, 'result'> & {
  readonly result?: Result;
};

/** What a dispatch takes beside a task: by class what its schema accepts, by code any JSON. */
type DispatchArguments<T extends TaskClass | string> = T extends TaskClass
  ? PayloadArguments<T, DispatchOptions>
  : [payload?: JsonValue, options?: DispatchOptions];

/** What an execution of a task results in; unknown for a task that is named by its code. */
type DispatchResult<T> = T extends TaskClass ? ResultOf<T> : unknown;

/** One of several dispatches that go to the broker together. */
export type DispatchRequest<T = TaskClass | string> = {
  readonly task: T;
  readonly options?: DispatchOptions;
} & RequestPayload<T>;

/** The tasks of several dispatches, by class or by code. `[]` has the compiler infer them one by one. */
export type TaskList = readonly (TaskClass | string)[] | [];
/** A request for each task, typed by it. */
export type DispatchRequests<Tasks extends TaskList> = {
  readonly [Index in keyof Tasks]: DispatchRequest<Tasks[Index]>;
};
/** What became of each request. */
export type DispatchedAll<Tasks extends TaskList> = {
  -readonly [Index in keyof Tasks]: Dispatched<DispatchResult<Tasks[Index]>>;
};

type RequestPayload<T> = T extends TaskClass
  ? undefined extends PayloadInput<T>
    ? { readonly payload?: PayloadInput<T> }
    : { readonly payload: PayloadInput<T> }
  : { readonly payload?: JsonValue };

/** Asks for tasks to be executed. Injectable: `@inject(Dispatcher)`. */
export abstract class Dispatcher {
  /**
   * Dispatches by class or by code. By class it takes what the task's schema accepts ({@link PayloadInput}), and the result is
   * that of `run`; by code it takes JSON. Durable when it resolves. One that nobody has awaited when the run
   * that dispatches returns is waited for, and its failure fails the attempt.
   * @throws SkepError `SKEP_TASK_UNKNOWN`, `SKEP_PAYLOAD_INVALID`, `SKEP_PAYLOAD_TOO_LARGE`, `SKEP_DISPATCH_INVALID`,
   *   `SKEP_DUPLICATE`, `SKEP_QUEUE_UNREACHABLE`.
   */
  // One signature: with one for classes and one for codes, a wrong payload would be reported as a class that is no string.
  abstract dispatch<T extends TaskClass | string>(
    task: T,
    ...parameters: DispatchArguments<T>
  ): Promise<Dispatched<DispatchResult<T>>>;

  /**
   * Dispatches several at once: all or none, in one write of the broker. Only duplicates of unique tasks are left out;
   * where a task rejects them, `SKEP_DUPLICATE` is thrown when the others are queued. Each request is typed by its own task.
   */
  abstract dispatchAll<const Tasks extends TaskList>(
    requests: DispatchRequests<Tasks>,
  ): Promise<DispatchedAll<Tasks>>;

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
