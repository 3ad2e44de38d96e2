// The schedules that code and plugins.json declare: checked at boot, and what the scheduler brings into the database.
import { SkepError } from '../../core/errors/skep-error.js';
import type { InstallationCheck } from '../../core/host/installation-check.js';
import type { DeclaredSchedule } from '../../core/tasks/declared-schedules.js';
import type { TaskRegistry } from '../../core/tasks/registry.js';
import { defineSchedule, type ScheduleDefinition } from './definition.js';
import { type SchedulerOptions, schedulerOptions } from './options.js';

export interface InstalledSchedule extends ScheduleDefinition {
  readonly declared: DeclaredSchedule['declared'];
}

interface Found {
  readonly schedules: InstalledSchedule[];
  readonly problems: SkepError[];
}

/** Reports what is wrong with declared schedules, all at once. */
export const checkDeclared: InstallationCheck = async ({ registry, options, place }) => {
  // Completed by the schema of the plugin before anything is checked.
  const { zone } = schedulerOptions.parse(options);
  return (await findDeclared(registry, { zone }, place)).problems;
};

/** Every declared schedule of the tasks, which were checked at boot. */
export async function declaredSchedules(
  registry: TaskRegistry,
  options: SchedulerOptions,
): Promise<readonly InstalledSchedule[]> {
  return (await findDeclared(registry, options, () => 'plugins.json')).schedules;
}

async function findDeclared(
  registry: TaskRegistry,
  { zone }: SchedulerOptions,
  locate: (path: readonly PropertyKey[]) => string,
): Promise<Found> {
  const schedules: InstalledSchedule[] = [];
  const problems: SkepError[] = [];
  const owners = new Map<string, string>();
  for (const record of registry.all) {
    for (const { name, options, declared, place: at } of record.schedules) {
      const place = typeof at === 'string' ? at : locate(at);
      const owner = owners.get(name);
      if (owner !== undefined) {
        const message = `the tasks ${owner} and ${record.code} both have a schedule "${name}"`;
        problems.push(new SkepError('SKEP_SCHEDULE_INVALID', message, { place }));
      }
      owners.set(name, record.code);
      const made = await defineSchedule({ name, record, options, place, zone });
      if (Array.isArray(made)) problems.push(...made);
      else schedules.push({ ...made, declared });
    }
  }
  return { schedules, problems };
}
