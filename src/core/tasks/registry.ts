// The registry: all task records by code and by class, complete before anything runs.
import type { InjectionToken } from 'tsyringe';
import { messageOf, SkepError } from '../errors/skep-error.js';
import { didYouMean } from '../suggest.js';
import { declarationOf } from './declaration.js';
import type { TaskOverride } from './option-schemas.js';
import type { TaskClass } from './task-class.js';
import { type TaskRecord, taskRecord } from './task-record.js';

export interface TaskSource {
  readonly plugin: string;
  readonly tasks: readonly TaskClass[];
}

/** Under which the root container has the registry, for services of plugins. */
export const TaskRegistryToken: InjectionToken<TaskRegistry> = Symbol('skep.tasks');

/** All tasks of the enabled plugins. Immutable once built. */
export class TaskRegistry {
  readonly #byCode = new Map<string, TaskRecord>();
  readonly #byClass = new Map<TaskClass, TaskRecord>();

  private constructor(records: readonly TaskRecord[]) {
    for (const record of records) {
      this.#byCode.set(record.code, record);
      this.#byClass.set(record.taskClass, record);
    }
  }

  /**
   * Validates every task of every plugin.
   * @returns the registry of all sound tasks, and all mistakes that were found.
   */
  static build(
    sources: readonly TaskSource[],
    overrides: Readonly<Record<string, TaskOverride>> = {},
  ): { registry: TaskRegistry; problems: SkepError[] } {
    const problems: SkepError[] = [];
    const byCode = new Map<string, TaskRecord>();
    for (const { plugin, tasks } of sources) {
      for (const taskClass of tasks) {
        const record = recordOf(taskClass, plugin, (code) => overrides[code]);
        if (Array.isArray(record)) problems.push(...record);
        else if (byCode.has(record.code)) problems.push(duplicate(record, byCode.get(record.code)));
        else byCode.set(record.code, record);
      }
    }
    const enabled = [...byCode.values()].filter(({ code }) => overrides[code]?.enabled !== false);
    return { registry: new TaskRegistry(enabled), problems };
  }

  get all(): TaskRecord[] {
    return [...this.#byCode.values()];
  }

  /** The queues that tasks travel in. */
  get queues(): string[] {
    return [...new Set(this.all.map(({ queue }) => queue))];
  }

  /** Undefined when no enabled plugin has the task. */
  find(code: string): TaskRecord | undefined {
    return this.#byCode.get(code);
  }

  /** @throws SkepError `SKEP_TASK_UNKNOWN`, with the nearest known code. */
  get(task: string | TaskClass): TaskRecord {
    const record = typeof task === 'string' ? this.#byCode.get(task) : this.#byClass.get(task);
    if (record) return record;
    if (typeof task === 'string') {
      const hint = didYouMean(task, [...this.#byCode.keys()]);
      throw new SkepError('SKEP_TASK_UNKNOWN', `there is no task "${task}"${hint}`);
    }
    // The compiler takes every class with a method run for a task: a decorator does not change the type of its class.
    const why =
      declarationOf(task) === undefined
        ? 'has no @Task decorator, so that it is no task'
        : 'is not a task of an enabled plugin';
    throw new SkepError('SKEP_TASK_UNKNOWN', `the class ${task.name} ${why}`);
  }
}

/** A class may throw when its name or another static property is read. */
function recordOf(
  ...[taskClass, plugin, override]: Parameters<typeof taskRecord>
): TaskRecord | SkepError[] {
  try {
    // Messages name it again and again.
    const name: unknown = taskClass.name;
    if (typeof name !== 'string') throw new TypeError('its static "name" is no text');
    return taskRecord(taskClass, plugin, override);
  } catch (error) {
    const code = declarationOf(taskClass)?.task?.code ?? 'without @Task';
    const message = `the class of the task ${String(code)} cannot be read: ${messageOf(error)}`;
    return [
      new SkepError('SKEP_TASK_INVALID', message, { cause: error, place: `plugin ${plugin}` }),
    ];
  }
}

function duplicate(record: TaskRecord, first: TaskRecord | undefined): SkepError {
  return new SkepError(
    'SKEP_TASK_DUPLICATE',
    `the code "${record.code}" is used by ${first?.taskClass.name} (plugin ${first?.plugin}) and by ${record.taskClass.name} (plugin ${record.plugin})`,
    { place: `class ${record.taskClass.name} of plugin ${record.plugin}` },
  );
}
