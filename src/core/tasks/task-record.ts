// The validated record of one task class: what decorators and plugins.json come to, together.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { z } from 'zod';
import { type Duration, durationMs } from '../duration.js';
import { schemaProblems } from '../errors/schema-problems.js';
import { SkepError } from '../errors/skep-error.js';
import { constructorProblems } from './constructor-tokens.js';
import {
  declarationOf,
  type RetryOptions,
  type TaskDeclaration,
  type TaskOptions,
  type TrackedOptions,
} from './declaration.js';
import { type DeclaredSchedule, declaredSchedules } from './declared-schedules.js';
import {
  type FlowLimits,
  type Priority,
  rateOf,
  type UniqueRule,
  uniqueRule,
} from './flow-options.js';
import {
  retryOptionsSchema,
  scheduleOptionsSchema,
  type TaskOverride,
  taskOptionsSchema,
  timeLimitOptionsSchema,
  trackedOptionsSchema,
} from './option-schemas.js';
import { type RetryPolicy, retryPolicy } from './retry-policy.js';
import type { TaskClass } from './task-class.js';

export interface TaskRecord {
  readonly code: string;
  readonly taskClass: TaskClass;
  /** Name of the plugin that brought it. */
  readonly plugin: string;
  readonly queue: string;
  readonly description: string | undefined;
  readonly payload: StandardSchemaV1 | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly softLimitMs: number | undefined;
  readonly hardLimitMs: number | undefined;
  readonly tracked: TrackedOptions | undefined;
  readonly maxCrashes: number;
  /** What it may not exceed over all workers; undefined without limits. */
  readonly flow: FlowLimits | undefined;
  readonly unique: UniqueRule | undefined;
  readonly priority: Priority;
  readonly expiresMs: number | undefined;
  /** Performed in a worker thread. */
  readonly isolated: boolean;
  /** Names of fields that are secret in its data. */
  readonly redact: readonly string[];
  readonly schedules: readonly DeclaredSchedule[];
}

const defaultMaxCrashes = 3;

/**
 * Validates the declaration of a class, with the override of plugins.json applied.
 * Returns the record, or every mistake that was found.
 */
export function taskRecord(
  taskClass: TaskClass,
  plugin: string,
  overrideOf: (code: string) => TaskOverride | undefined,
): TaskRecord | SkepError[] {
  const place = `class ${taskClass.name || '(anonymous)'} of plugin ${plugin}`;
  const declaration = declarationOf(taskClass);
  if (declaration?.task === undefined) {
    return [
      new SkepError('SKEP_TASK_INVALID', 'the class has no @Task decorator', {
        place,
        remedy:
          'Put @Task({ code: … }) on the class. If it is there, two copies of skep are installed: `npm ls skep`.',
      }),
    ];
  }
  const problems = [
    ...declaration.repeated.map(
      (name) => new SkepError('SKEP_TASK_INVALID', `${name} stands on the class twice`, { place }),
    ),
    ...optionProblems(declaration, place),
    ...(typeof taskClass.prototype?.run === 'function' ? [] : [withoutRun(place)]),
    ...constructorProblems(taskClass, place, 'SKEP_TASK_INVALID'),
  ];
  const override = overrideOf(declaration.task.code) ?? {};
  // Only options that are sound by themselves can be merged and held against each other.
  if (problems.length > 0) return problems;

  const { code } = declaration.task;
  const retry = mergedRetry(declaration, override);
  if (retry instanceof SkepError) return [retry];
  const limits = { ...declaration.timeLimit, ...defined(override.timeLimit) };
  const softLimitMs = limitMs(limits.soft);
  const hardLimitMs = limitMs(limits.hard);
  if (softLimitMs !== undefined && hardLimitMs !== undefined && softLimitMs >= hardLimitMs) {
    return [
      new SkepError(
        'SKEP_TASK_INVALID',
        `the soft time limit (${limits.soft}) is not below the hard one (${limits.hard})`,
        override.timeLimit === undefined
          ? { place }
          : {
              place: `tasks.${code}.timeLimit in plugins.json, over ${place}`,
              remedy: 'Give a soft limit that is shorter than the hard one.',
            },
      ),
    ];
  }
  const schedules = declaredSchedules(code, declaration.schedules ?? [], override.schedule, place);
  if (isProblems(schedules)) return schedules;
  return Object.freeze({
    code: declaration.task.code,
    taskClass,
    plugin,
    queue: override.queue ?? declaration.task.queue ?? 'default',
    description: override.description ?? declaration.task.description,
    payload: declaration.task.payload,
    retry: retry && retryPolicy(retry),
    softLimitMs,
    hardLimitMs,
    tracked: declaration.tracked,
    maxCrashes: override.maxCrashes ?? declaration.task.maxCrashes ?? defaultMaxCrashes,
    flow: flowLimits(declaration.task, override),
    unique: uniqueRule(declaration.task.unique),
    priority: override.priority ?? declaration.task.priority ?? 'normal',
    expiresMs: limitMs(override.expires ?? declaration.task.expires),
    // Only a thread can be ended whatever its code does.
    redact: override.redact ?? declaration.task.redact ?? [],
    isolated: (override.isolate ?? declaration.task.isolate ?? false) || hardLimitMs !== undefined,
    schedules,
  });
}

const isProblems = (made: DeclaredSchedule[] | SkepError[]): made is SkepError[] =>
  made[0] instanceof SkepError;

function flowLimits(task: TaskOptions, override: TaskOverride): FlowLimits | undefined {
  const concurrency = override.concurrency ?? task.concurrency;
  const rateLimit = override.rateLimit ?? task.rateLimit;
  if (concurrency === undefined && rateLimit === undefined) return undefined;
  const rate = rateLimit === undefined ? undefined : rateOf(rateLimit);
  return Object.freeze({ task: task.code, concurrency, rate });
}

/** The retry options of the class under those of plugins.json, or what contradicts itself in them. */
function mergedRetry(
  { task, retry }: TaskDeclaration,
  override: TaskOverride,
): RetryOptions | undefined | SkepError {
  if (retry === undefined && override.retry === undefined) return undefined;
  const { maxRetries, ...rest } = { ...retry, ...defined(override.retry) };
  const place = `task ${task?.code} (@Retry, or tasks.${task?.code}.retry in plugins.json)`;
  if (maxRetries === undefined) {
    return new SkepError('SKEP_TASK_INVALID', 'maxRetries is missing', { place });
  }
  if (rest.delay && rest.maxDelay && durationMs(rest.delay) > durationMs(rest.maxDelay)) {
    const message = `the delay (${rest.delay}) is longer than maxDelay (${rest.maxDelay})`;
    return new SkepError('SKEP_TASK_INVALID', message, { place });
  }
  return { maxRetries, ...rest };
}

const limitMs = (limit: Duration | undefined): number | undefined =>
  limit === undefined ? undefined : durationMs(limit);

/** Drops keys that are present but undefined, so that they override nothing. */
function defined<T extends object>(
  value: T | undefined,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([, each]) => each !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function optionProblems(declaration: TaskDeclaration, place: string): SkepError[] {
  const check = (name: string, schema: z.ZodType, value: unknown): SkepError[] => {
    const parsed = schema.safeParse(value ?? {});
    if (value === undefined || parsed.success) return [];
    return schemaProblems(schema, parsed.error, {
      code: 'SKEP_TASK_INVALID',
      locate: () => `${name} on ${place}`,
    });
  };
  return [
    ...check('@Task', taskOptionsSchema, declaration.task),
    ...check('@Retry', retryOptionsSchema, declaration.retry),
    ...check('@TimeLimit', timeLimitOptionsSchema, declaration.timeLimit),
    ...check('@Tracked', trackedOptionsSchema, declaration.tracked),
    ...(declaration.schedules ?? []).flatMap((options) =>
      check('@Schedule', scheduleOptionsSchema, options),
    ),
  ];
}

const withoutRun = (place: string): SkepError =>
  new SkepError('SKEP_TASK_INVALID', 'the class has no method run()', { place });
