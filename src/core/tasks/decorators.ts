// The decorators of a task class. They only record; everything is validated at boot, together.
import 'reflect-metadata';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { injectable } from 'tsyringe';
import {
  declare,
  declareSchedule,
  type RetryOptions,
  type ScheduleOptions,
  type TaskOptions,
  type TimeLimitOptions,
  type TrackedOptions,
} from './declaration.js';
import type { FitsPayload, FitsResult, FitsTick, NoSchema } from './fits.js';
import type { TaskClass } from './task-class.js';

/** A decorator for task classes. */
export type TaskDecorator = <C extends TaskClass>(taskClass: C) => void;

/**
 * Makes a class a task: known by its code, injectable, dispatchable. The compiler refuses a schema whose output does not fit
 * `run`, and a `run` that hides from a dispatch what the schema accepts: see {@link Payload}.
 * @example `@Task({ code: 'sync_attendance', payload: SyncWindow })`
 */
export function Task<
  Schema extends StandardSchemaV1 = NoSchema,
  KeyPayload = StandardSchemaV1.InferOutput<Schema>,
>(
  options: TaskOptions<Schema, KeyPayload>,
): <C extends TaskClass>(taskClass: C & FitsPayload<C, Schema, KeyPayload>) => void {
  return (taskClass) => {
    injectable()(taskClass);
    declare(taskClass, 'task', options);
  };
}

/**
 * Retries failed attempts after a delay. Without it a task is not retried.
 * The n-th retry (n from 0) waits `min(maxDelay, delay · 2^n)` before jitter.
 */
export function Retry(options: RetryOptions): TaskDecorator {
  return (taskClass) => declare(taskClass, 'retry', options);
}

/** Limits the time of each attempt: `soft` aborts `context.signal`, `hard` ends the attempt. */
export function TimeLimit(options: TimeLimitOptions): TaskDecorator {
  return (taskClass) => declare(taskClass, 'timeLimit', options);
}

/**
 * Records every execution of the task, from its dispatch to its end. Needs the plugin `tracking`, or another one that
 * contributes an `executionStore`; without one the installation is refused at boot (`SKEP_NOT_TRACKING`). The compiler refuses a
 * `summarize` that does not take the result of `run`.
 */
export function Tracked<Result = unknown>(
  options: TrackedOptions<Result> = {},
): <C extends TaskClass>(taskClass: C & FitsResult<C, Result>) => void {
  return (taskClass) => declare(taskClass, 'tracked', options);
}

/**
 * Dispatches the task by itself, at the times of a cron pattern, at an interval or once. May stand on a class several
 * times, under different names. Needs the plugin `scheduler`. The compiler refuses a payload that a dispatch would not take.
 * @example `@Schedule({ cron: '0 2 * * *', zone: 'Africa/Cairo' })`
 */
export function Schedule<const Payload = unknown>(
  options: ScheduleOptions<Payload>,
): <C extends TaskClass>(taskClass: C & FitsTick<C, Payload>) => void {
  return (taskClass) => declareSchedule(taskClass, options);
}
