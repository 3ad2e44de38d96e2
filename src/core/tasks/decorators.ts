// The decorators of a task class. They only record; everything is validated at boot, together.
import 'reflect-metadata';
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
import type { TaskClass } from './task-class.js';

/** A decorator for task classes. */
export type TaskDecorator = <C extends TaskClass>(taskClass: C) => void;

/**
 * Makes a class a task: known by its code, injectable, dispatchable.
 * @example `@Task({ code: 'sync_attendance', payload: SyncWindow })`
 */
export function Task(options: TaskOptions): TaskDecorator {
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
 * contributes an `executionStore`; without one the installation is refused at boot (`SKEP_NOT_TRACKING`).
 */
export function Tracked(options: TrackedOptions = {}): TaskDecorator {
  return (taskClass) => declare(taskClass, 'tracked', options);
}

/**
 * Dispatches the task by itself, at the times of a cron pattern, at an interval or once. May stand on a class several
 * times, under different names. Needs the plugin `scheduler`.
 * @example `@Schedule({ cron: '0 2 * * *', zone: 'Africa/Cairo' })`
 */
export function Schedule(options: ScheduleOptions): TaskDecorator {
  return (taskClass) => declareSchedule(taskClass, options);
}
