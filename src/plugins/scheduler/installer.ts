// Brings declared schedules into the database, as they are declared now. A pause that was made at run time stays.
import type { Logger } from '../../core/log/logger.js';
import type { TaskRegistry } from '../../core/tasks/registry.js';
import { declaredSchedules, type InstalledSchedule } from './declared.js';
import { firstFire, sameDefinition, sameTimes } from './definition.js';
import type { SchedulerOptions } from './options.js';
import type { StoredSchedule } from './store/rows.js';
import type { ScheduleStore } from './store/schedule-store.js';

export interface InstallerParts {
  readonly store: ScheduleStore;
  readonly registry: TaskRegistry;
  readonly options: SchedulerOptions;
  readonly logger: Logger;
}

export class Installer {
  readonly #parts: InstallerParts;

  constructor(parts: InstallerParts) {
    this.#parts = parts;
  }

  /** What code and plugins.json declare. */
  declared(): Promise<readonly InstalledSchedule[]> {
    return declaredSchedules(this.#parts.registry, this.#parts.options);
  }

  /**
   * Adds what is new, changes what is declared otherwise now, removes what a task of this installation no longer
   * declares. Several runtimes may do so at one time; what is as it should be is left alone.
   */
  async bringUpToDate(): Promise<void> {
    const { store, logger } = this.#parts;
    const declared = await this.declared();
    const stored = new Map((await store.list()).map((each) => [each.name, each]));
    for (const each of declared) {
      const found = stored.get(each.name);
      if (found === undefined) await this.#add(each);
      else await this.#change(found, each);
    }
    const names = new Set(declared.map(({ name }) => name));
    for (const found of stored.values()) {
      if (names.has(found.name) || found.declared === 'runtime' || !this.#knows(found)) continue;
      await store.remove(found);
      logger.info('schedule removed: it is no longer declared', { schedule: found.name });
    }
  }

  /** Tasks of other installations that share the database are none of ours. */
  #knows({ task }: StoredSchedule): boolean {
    return this.#parts.registry.all.some(({ code }) => code === task);
  }

  async #add(schedule: InstalledSchedule): Promise<void> {
    const { store, logger } = this.#parts;
    const next = firstFire(schedule, await store.now());
    // Another runtime that begins at the same time may have added it.
    if (await store.insert(schedule, next)) {
      logger.info('schedule added', { schedule: schedule.name, task: schedule.task });
    }
  }

  async #change(found: StoredSchedule, schedule: InstalledSchedule): Promise<void> {
    const { store, logger } = this.#parts;
    const isSound = found.problem === undefined;
    if (isSound && found.declared === schedule.declared && sameDefinition(found, schedule)) return;
    if (found.declared === 'runtime') {
      logger.warn('a declared schedule takes the place of one made at run time', {
        schedule: found.name,
      });
    }
    const next = await this.#nextOf(found, schedule);
    if (await store.update(found, schedule, next)) {
      logger.info('schedule changed: it is declared otherwise', { schedule: found.name });
      return;
    }
    // A tick, a pause or another runtime came in between.
    const again = await store.find(found.name);
    if (again === undefined) await this.#add(schedule);
    else await this.#change(again, schedule);
  }

  async #nextOf(found: StoredSchedule, schedule: InstalledSchedule): Promise<number | undefined> {
    if (found.pausedAt !== undefined) return undefined;
    if (found.problem === undefined && sameTimes(found, schedule)) return found.nextFireAt;
    return firstFire(schedule, await this.#parts.store.now());
  }
}
