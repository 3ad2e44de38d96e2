// Puts the parts of the plugin together: the role of a runtime, and the service that manages schedules.
import type { Dispatcher } from '../../core/dispatch/dispatcher.js';
import type { Logger } from '../../core/log/logger.js';
import type { Seams } from '../../core/seams.js';
import type { TaskRegistry } from '../../core/tasks/registry.js';
import type { ApplicationDatabase } from '../../datasources/index.js';
import { StoreDatabase } from '../tracking/index.js';
import { Claimer } from './claimer.js';
import { Installer } from './installer.js';
import type { SchedulerOptions } from './options.js';
import { Scheduler } from './scheduler.js';
import { Schedules } from './schedules.js';
import { type Clock, ScheduleStore } from './store/schedule-store.js';

export interface Surroundings {
  readonly database: ApplicationDatabase;
  readonly registry: TaskRegistry;
  readonly dispatcher: Pick<Dispatcher, 'within'>;
  readonly seams: Pick<Seams, 'newId' | 'random'>;
  readonly logger: Logger;
  readonly options: SchedulerOptions;
  /** The database's own when absent: it is the clock of all runtimes. */
  readonly clock?: Clock;
}

export function assemble(around: Surroundings): { scheduler: Scheduler; schedules: Schedules } {
  const { registry, dispatcher, seams, logger, options, clock = (ms: number) => ms } = around;
  const database = new StoreDatabase(around.database);
  const store = new ScheduleStore(database, clock);
  const installer = new Installer({ store, registry, options, logger });
  const claimer = new Claimer({ database, registry, dispatcher, seams, logger });
  return {
    scheduler: new Scheduler({ database, installer, claimer, clock, logger }),
    schedules: new Schedules({ database, store, installer, registry, options, dispatcher }),
  };
}
