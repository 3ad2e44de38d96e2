// What the decorators of one class declared: recorded as written, validated at boot.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from '../duration.js';
import type { Priority, RateLimit, UniqueOptions } from './flow-options.js';
import type { TaskClass } from './task-class.js';

/** An error class, or a predicate over the error. */
export type ErrorMatcher =
  // biome-ignore lint/suspicious/noExplicitAny: error classes take whatever parameters they like
  (abstract new (...parameters: any[]) => Error) | ((error: unknown) => boolean);

/** Waits by a rule of one's own: the number of the attempt that failed, from 1, to a duration. */
export type BackoffFunction = (attempt: number) => Duration;

/**
 * @typeParam Schema that of the payload.
 * @typeParam KeyPayload what `unique.key` takes: the output of the schema, or what `run` takes where the task has none.
 */
export interface TaskOptions<
  Schema extends StandardSchemaV1 = StandardSchemaV1,
  KeyPayload = never,
> {
  /** The name by which the task is known: lower-case words joined by `_`. */
  readonly code: string;
  /** Any Standard Schema (zod, valibot, …). Checked at dispatch, which takes its input, and again before the run, which gets its output. */
  readonly payload?: Schema;
  /** The queue it travels in; `default` when absent. */
  readonly queue?: string;
  /** One line for `skep tasks`. */
  readonly description?: string;
  /** How often the process may die during one execution before it is quarantined; 3 when absent. */
  readonly maxCrashes?: number;
  /** Runs that may go on at one time, over all workers; no limit when absent. */
  readonly concurrency?: number;
  /** Starts in a time, over all workers: `'100/1m'`; no limit when absent. */
  readonly rateLimit?: RateLimit;
  /** One unfinished execution of a kind: `true` means of the same payload. */
  readonly unique?: true | UniqueOptions<KeyPayload>;
  /** Within its queue, nothing of `normal` starts while `high` waits; `normal` when absent. */
  readonly priority?: Priority;
  /** An execution that has not begun so long after it was due is `skipped`. */
  readonly expires?: Duration;
  /** Runs in a worker thread, which can be ended by force. A task with a hard limit always does. */
  readonly isolate?: boolean;
  /**
   * Names of fields that are secret in its payload, its result and its log lines, beside those that Skep knows: they are masked in logs,
   * in summaries and in what commands show. Capitals, `-` and `_` make no difference.
   */
  readonly redact?: readonly string[];
}

export interface RetryOptions {
  /** Attempts beside the first one. */
  readonly maxRetries: number;
  /**
   * Only these errors are retried; every error when absent. `transient`, `transientDatabase` and `transientNetwork` take
   * what passes by itself.
   */
  readonly on?: readonly ErrorMatcher[];
  /** These are never retried, whatever `on` says. */
  readonly notOn?: readonly ErrorMatcher[];
  /** Wait before the first retry; `60s` when absent. */
  readonly delay?: Duration;
  /** `exponential` doubles from retry to retry; the default. */
  readonly backoff?: 'exponential' | 'fixed' | BackoffFunction;
  /** No wait is longer; `1h` when absent. */
  readonly maxDelay?: Duration;
  /** `full`: uniform on [0, wait]; `equal`: on [wait/2, wait]; `none`. `full` when absent. */
  readonly jitter?: 'full' | 'equal' | 'none';
}

export interface TimeLimitOptions {
  /** Aborts `context.signal`. */
  readonly soft?: Duration;
  /** Ends the attempt for certain; the task runs in a worker thread for that. */
  readonly hard?: Duration;
}

/** @typeParam Result what `run` returns. */
export interface TrackedOptions<Result = never> {
  /** Makes the line that is kept of a result; the result as JSON, cut, when absent. */
  readonly summarize?: (result: Result) => string;
  /** Whether the payload is kept after the end; `true` when absent. Without it there is no replay. */
  readonly keepPayload?: boolean;
  /** Whether the result is kept, beside its summary; `true` when absent. */
  readonly keepResult?: boolean;
  /** How long an execution is kept after its end; what the store says when absent. */
  readonly retention?: Duration;
}

/**
 * When the runtime dispatches the task by itself: exactly one of `cron`, `every` and `at` says when. Needs the plugin
 * `scheduler`.
 * @typeParam Payload what a dispatch of the task takes.
 */
export interface ScheduleOptions<Payload = unknown> {
  /** Tells the schedules of an installation apart; the code of the task when absent. */
  readonly name?: string;
  /**
   * Five fields (minute, hour, day, month, weekday), or six with the second before them, as a clock in `zone` shows them; or one
   * of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight` and `@hourly`.
   */
  readonly cron?: string;
  /** So long from one time to the next, counted from `startsAt`, or else from 1970 UTC. */
  readonly every?: Duration;
  /** Once: a Date, or ISO 8601, read in `zone` when it has no offset. */
  readonly at?: Date | string;
  /** IANA time zone; that of the plugin's options, `UTC` by default, when absent. */
  readonly zone?: string;
  /** What each execution is given. */
  readonly payload?: Payload;
  /** A time found later than this after it was due is skipped; `5m` when absent. */
  readonly misfireGrace?: Duration;
  /** Of several times that are late and within their grace, only the latest is run; `true` when absent. */
  readonly coalesce?: boolean;
  /** So many executions of the schedule may be unfinished; a time beyond is skipped. 1 when absent. */
  readonly maxInstances?: number;
  /** An execution becomes available up to so much later, at random; not later when absent. */
  readonly jitter?: Duration;
  /** No time before it, and none after `endsAt`; read like `at`. */
  readonly startsAt?: Date | string;
  readonly endsAt?: Date | string;
  /** `false` keeps the schedule, and does not run it. */
  readonly enabled?: boolean;
  /** What executions say of who asked for them; `schedule <name>` when absent. */
  readonly triggeredBy?: string;
}

export interface TaskDeclaration {
  task?: TaskOptions;
  retry?: RetryOptions;
  timeLimit?: TimeLimitOptions;
  tracked?: TrackedOptions;
  /** From top to bottom, as they stand on the class. */
  schedules?: readonly ScheduleOptions[];
  /** Decorators that were written more than once on the class. */
  readonly repeated: string[];
}

const declarations = new WeakMap<object, TaskDeclaration>();

/** The declaration of a class; undefined when no decorator of Skep stands on it. */
export function declarationOf(taskClass: TaskClass): TaskDeclaration | undefined {
  return declarations.get(taskClass);
}

/** Records what one decorator says. A second word of the same decorator is noted as a mistake. */
export function declare<K extends 'task' | 'retry' | 'timeLimit' | 'tracked'>(
  taskClass: object,
  key: K,
  options: NonNullable<TaskDeclaration[K]>,
): void {
  const declaration = declarationFor(taskClass);
  if (declaration[key] !== undefined) declaration.repeated.push(decoratorNames[key]);
  Object.assign(declaration, { [key]: options });
}

/** Records one `@Schedule`; a class may have several. */
export function declareSchedule(taskClass: object, options: ScheduleOptions): void {
  const declaration = declarationFor(taskClass);
  // Decorators are applied from the one next to the class upwards.
  declaration.schedules = [options, ...(declaration.schedules ?? [])];
}

function declarationFor(taskClass: object): TaskDeclaration {
  const declaration: TaskDeclaration = declarations.get(taskClass) ?? { repeated: [] };
  declarations.set(taskClass, declaration);
  return declaration;
}

const decoratorNames = {
  task: '@Task',
  retry: '@Retry',
  timeLimit: '@TimeLimit',
  tracked: '@Tracked',
} as const;
