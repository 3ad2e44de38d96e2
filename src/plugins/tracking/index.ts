// Plugin `tracking`: the record of executions in the application's database. It also offers the tracker of a process
// without such a record.
import { definePlugin } from '../../core/host/plugin.js';
import { executionStore } from '../../core/host/role.js';
import { injectionToken } from '../../core/tasks/inject.js';
import { ApplicationDatabase, migrations } from '../../datasources/index.js';
import { historyContributions } from './history/index.js';
import { SqlHistory } from './history/sql-history.js';
import { trackingMigrations } from './migrations/index.js';
import { type TrackingOptions, trackingOptions } from './options.js';
import { trackingRoles } from './roles/index.js';
import { SqlExecutionStore } from './store/sql-execution-store.js';

export { MemoryTracker, type TrackedExecution } from './memory-tracker.js';
export { type ColumnTypes, columnTypes } from './migrations/column-types.js';
export { insertMany, listOf, listParameter, pieces, type Sender } from './store/bulk.js';
export { cutTo } from './store/kept-text.js';
export type { ColumnValue } from './store/pending-row.js';
export {
  columnTime,
  databaseNow,
  msOf,
  optionalTime,
  type StoreDialect,
  type TimeColumn,
} from './store/rows.js';
export { driverCode, StoreDatabase } from './store/store-database.js';

export default definePlugin<TrackingOptions>({
  name: 'tracking',
  version: '0.1.0',
  options: trackingOptions,
  contributes: [
    migrations(trackingMigrations),
    ...historyContributions,
    executionStore(({ container, registry, logger, seams }) => {
      const database = container.resolve(injectionToken<ApplicationDatabase>(ApplicationDatabase));
      return new SqlExecutionStore({
        database,
        history: new SqlHistory(database),
        registry,
        logger,
        seams,
      });
    }),
    ...trackingRoles,
  ],
});
