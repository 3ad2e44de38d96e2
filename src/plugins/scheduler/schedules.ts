// The schedules of an installation as tasks, services and the command line manage them at run time.
import type { Dispatched, Dispatcher } from '../../core/dispatch/dispatcher.js';
import { SkepError, SkepProblems } from '../../core/errors/skep-error.js';
import { didYouMean } from '../../core/suggest.js';
import type { ScheduleOptions } from '../../core/tasks/declaration.js';
import type { TaskRegistry } from '../../core/tasks/registry.js';
import type { TaskClass } from '../../core/tasks/task-class.js';
import type { StoreDatabase } from '../tracking/index.js';
import { triggerOf } from './claimer.js';
import { defineSchedule, firstFire, type ScheduleDefinition, sameTimes } from './definition.js';
import type { Installer } from './installer.js';
import type { SchedulerOptions } from './options.js';
import { type Schedule, toSchedule } from './schedule-view.js';
import type { StoredSchedule } from './store/rows.js';
import type { ListedSchedule, ScheduleStore } from './store/schedule-store.js';
import { nextFire } from './timetable/next-fire.js';

/** A schedule that is made at run time: {@link ScheduleOptions} with its task and a name. */
export interface NewSchedule extends ScheduleOptions {
  readonly name: string;
  /** The class or the code. */
  readonly task: TaskClass | string;
}

export interface SchedulesParts {
  readonly database: StoreDatabase;
  readonly store: ScheduleStore;
  readonly installer: Installer;
  readonly registry: TaskRegistry;
  readonly options: SchedulerOptions;
  readonly dispatcher: Pick<Dispatcher, 'within'>;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** Manages schedules. Injectable: `@inject(Schedules)`. What it changes takes effect within 1 s on all runtimes. */
export class Schedules {
  readonly #parts: SchedulesParts;

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
  }

  /** All schedules by name, with those that are declared and not yet in the database. */
  async list(): Promise<Schedule[]> {
    const { store, installer } = this.#parts;
    const stored = await store.list();
    const names = new Set(stored.map(({ name }) => name));
    const fresh = (await installer.declared()).filter(({ name }) => !names.has(name));
    const now = fresh.length === 0 ? 0 : await store.now();
    return [
      ...stored.map((each) => toSchedule(each)),
      ...fresh.map((each) => toSchedule({ ...each, nextFireAt: firstFire(each, now) })),
    ].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** @throws SkepError `SKEP_SCHEDULE_UNKNOWN`. */
  async get(name: string): Promise<Schedule> {
    const all = await this.list();
    const found = all.find((each) => each.name === name);
    if (found !== undefined) return found;
    const hint = didYouMean(
      name,
      all.map((each) => each.name),
    );
    throw new SkepError('SKEP_SCHEDULE_UNKNOWN', `there is no schedule "${name}"${hint}`);
  }

  /** The time by which all runtimes schedule. */
  now(): Promise<number> {
    return this.#parts.store.now();
  }

  /**
   * Makes a schedule.
   * @throws SkepProblems with every `SKEP_SCHEDULE_INVALID`; SkepError `SKEP_TASK_UNKNOWN`.
   */
  async create({ task, ...options }: NewSchedule): Promise<Schedule> {
    const { store } = this.#parts;
    const { name } = options;
    if (!namePattern.test(name)) {
      throw invalid(name, 'its name may have letters, digits, "_", ".", ":" and "-" only');
    }
    const definition = await this.#define(name, task, options);
    const isTaken = (await this.list()).some((each) => each.name === name);
    const next = firstFire(definition, await store.now());
    if (isTaken || !(await store.insert({ ...definition, declared: 'runtime' }, next))) {
      throw invalid(name, 'there is one with this name already');
    }
    return this.get(name);
  }

  /**
   * Replaces what a schedule that was made at run time says, as a whole. A pause stays.
   * @throws SkepError as `create`; `SKEP_SCHEDULE_UNKNOWN`; `SKEP_SCHEDULE_INVALID` when it is declared in code or in
   *   plugins.json, where the next start of a runtime would find it.
   */
  async update({ task, ...options }: NewSchedule): Promise<Schedule> {
    const { store } = this.#parts;
    const { name } = options;
    await this.#assertMadeAtRunTime(name);
    const definition = await this.#define(name, task, options);
    await this.#changing(name, async (seen) => {
      const same = seen.problem === undefined && sameTimes(seen, definition);
      const fresh = same ? seen.nextFireAt : firstFire(definition, await store.now());
      const next = seen.pausedAt === undefined ? fresh : undefined;
      return store.update(seen, { ...definition, declared: 'runtime' }, next);
    });
    return this.get(name);
  }

  /**
   * Removes a schedule that was made at run time; its executions stay.
   * @throws SkepError `SKEP_SCHEDULE_UNKNOWN`; `SKEP_SCHEDULE_INVALID` when it is declared.
   */
  async remove(name: string): Promise<void> {
    await this.#assertMadeAtRunTime(name);
    const found = await this.#parts.store.find(name);
    if (found !== undefined) await this.#parts.store.remove(found);
  }

  /**
   * Has it fire no more until it is resumed; what it has dispatched goes on. Stays over restarts.
   * @throws SkepError `SKEP_SCHEDULE_UNKNOWN`.
   */
  async pause(name: string): Promise<Schedule> {
    const { store } = this.#parts;
    await this.#changing(name, async (seen) =>
      seen.pausedAt === undefined ? store.setPaused(seen, await store.now(), undefined) : true,
    );
    return this.get(name);
  }

  /**
   * Has it fire again, from the next of its times on: those that came during the pause are not made up for.
   * @throws SkepError `SKEP_SCHEDULE_UNKNOWN`; `SKEP_SCHEDULE_INVALID` for a broken one.
   */
  async resume(name: string): Promise<Schedule> {
    const { store } = this.#parts;
    await this.#changing(name, async (seen) => {
      assertSound(seen);
      if (seen.pausedAt === undefined) return true;
      const next = seen.enabled ? nextFire(seen, await store.now()) : undefined;
      return store.setPaused(seen, undefined, next);
    });
    return this.get(name);
  }

  /**
   * Dispatches its task now, with its payload, beside its times.
   * @param triggeredBy who asks; what the schedule says when absent.
   * @throws SkepError `SKEP_SCHEDULE_UNKNOWN`; `SKEP_SCHEDULE_INVALID` for a broken one; and what dispatching throws.
   */
  async run(name: string, triggeredBy?: string): Promise<Dispatched> {
    const { database, dispatcher } = this.#parts;
    const schedule = await this.get(name);
    assertSound(schedule);
    const options = { schedule: name, triggeredBy: triggeredBy ?? triggerOf(schedule) };
    return database.transaction((manager) =>
      dispatcher.within(manager).dispatch(schedule.task, schedule.payload, options),
    );
  }

  async #define(
    name: string,
    task: TaskClass | string,
    options: ScheduleOptions,
  ): Promise<ScheduleDefinition> {
    const record = this.#parts.registry.get(task);
    const { zone } = this.#parts.options;
    const made = await defineSchedule({ name, record, options, place: undefined, zone });
    if (Array.isArray(made)) throw new SkepProblems(made);
    return made;
  }

  async #assertMadeAtRunTime(name: string): Promise<void> {
    const { declared } = await this.get(name);
    if (declared === 'runtime') return;
    const where = declared === 'code' ? 'in the code of its task' : 'in plugins.json';
    const remedy = 'Change it there; a pause made at run time stays.';
    throw invalid(name, `it is declared ${where}`, remedy);
  }

  /** Changes a schedule as it was read; reads it again when somebody else was faster. */
  async #changing(name: string, change: (seen: StoredSchedule) => Promise<boolean>): Promise<void> {
    const { store, installer } = this.#parts;
    for (;;) {
      const seen: ListedSchedule | undefined = await store.find(name);
      if (seen !== undefined) {
        if (await change(seen)) return;
        continue;
      }
      // One that is declared and was not brought into the database yet.
      if ((await this.get(name)).state === 'new') await installer.bringUpToDate();
    }
  }
}

/** @throws SkepError `SKEP_SCHEDULE_INVALID` for a broken schedule. */
export function assertSound({ name, problem }: Pick<Schedule, 'name' | 'problem'>): void {
  if (problem === undefined) return;
  const remedy =
    'Mend its row in the table schedule; one that is declared is put right by a restart.';
  throw invalid(name, `it is broken: ${problem}`, remedy);
}

function invalid(name: string, message: string, remedy?: string): SkepError {
  const options = remedy === undefined ? {} : { remedy };
  return new SkepError('SKEP_SCHEDULE_INVALID', `schedule "${name}": ${message}`, options);
}
