// Plugin `scheduler`: dispatches tasks at times that code, plugins.json and services declare, and keeps them in Maria.
import { Dispatcher } from '../../core/dispatch/dispatcher.js';
import { installationCheck } from '../../core/host/installation-check.js';
import { definePlugin } from '../../core/host/plugin.js';
import { role } from '../../core/host/role.js';
import { systemSeams } from '../../core/seams.js';
import { injectionToken } from '../../core/tasks/inject.js';
import { TaskRegistryToken } from '../../core/tasks/registry.js';
import { ApplicationDatabase, migrations } from '../../datasources/index.js';
import { assemble } from './assemble.js';
import { checkDeclared } from './declared.js';
import { CreateScheduleTable1767312060000 } from './migrations/create-schedule-table.js';
import { type SchedulerOptions, schedulerOptions } from './options.js';
import { Schedules } from './schedules.js';

export { instantOf } from './definition.js';
export type { Schedule, ScheduleState } from './schedule-view.js';
export { assertSound, type NewSchedule, Schedules } from './schedules.js';
export {
  nextFire,
  patternProblem,
  plainPattern,
  type ScheduleKind,
  type Timetable,
} from './timetable/next-fire.js';
export { isZone, knownZones } from './timetable/zone-clock.js';
export { timetableWords, zonedTime } from './words.js';

const databaseToken = injectionToken<ApplicationDatabase>(ApplicationDatabase);

export default definePlugin<SchedulerOptions>({
  name: 'scheduler',
  version: '0.1.0',
  requires: { tracking: '*' },
  options: schedulerOptions,
  contributes: [
    migrations([CreateScheduleTable1767312060000]),
    installationCheck(checkDeclared),
    role((parts) => {
      const database = parts.container.resolve(databaseToken);
      const options = schedulerOptions.parse(parts.options);
      return assemble({ ...parts, database, options }).scheduler;
    }),
  ],

  register({ container, logger, options }) {
    // Made when it is first asked for: most runs have no use for it.
    container.register(injectionToken<Schedules>(Schedules), {
      useFactory: () =>
        assemble({
          database: container.resolve(databaseToken),
          registry: container.resolve(TaskRegistryToken),
          dispatcher: container.resolve(injectionToken<Dispatcher>(Dispatcher)),
          seams: systemSeams,
          logger,
          options,
        }).schedules,
    });
  },
});
