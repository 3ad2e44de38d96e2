// The background roles of the plugin: what keeps the record and the queue in step while a runtime consumes.

import type { DependencyContainer } from 'tsyringe';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Contribution } from '../../../core/host/plugin.js';
import { type MakeRole, type RoleParts, role } from '../../../core/host/role.js';
import type { ExecutionStore } from '../../../core/ports/execution-history.js';
import { injectionToken } from '../../../core/tasks/inject.js';
import { ApplicationDatabase } from '../../../datasources/index.js';
import type { TrackingOptions } from '../options.js';
import { outboxSignalOf } from '../outbox-signal.js';
import { StoreDatabase } from '../store/store-database.js';
import { HandOver } from './hand-over.js';
import { Heartbeat } from './heartbeat.js';
import { Pruner } from './pruner.js';
import { Reconciler } from './reconciler.js';
import { Registrar } from './registrar.js';
import { Relay } from './relay.js';
import { Retention } from './retention.js';

/** In the order in which they begin: others are to know that this worker lives before they look at its runs. */
export const trackingRoles: readonly Contribution<MakeRole>[] = [
  role(({ container, logger, worker }) => {
    const startedAt = performance.timeOrigin;
    return new Heartbeat({ database: databaseOf(container), logger, worker, startedAt });
  }),
  role(({ container, logger, registry }) => {
    return new Registrar({ database: databaseOf(container), logger, registry });
  }),
  role((parts) => {
    const { container, logger, store } = parts;
    return new Relay({
      database: databaseOf(container),
      handOver: handOver(parts),
      signal: outboxSignalOf(store),
      logger,
    });
  }),
  role((parts) => {
    return new Reconciler({
      ...parts,
      store: storeOf(parts),
      database: databaseOf(parts.container),
      handOver: handOver(parts),
      monotonic: () => performance.now(),
    });
  }),
  role(({ container, logger, registry, seams, options }) => {
    // Validated by the plugin's schema.
    return new Pruner({
      database: databaseOf(container),
      retention: new Retention(options as TrackingOptions, registry),
      logger,
      seams,
    });
  }),
];

function databaseOf(container: DependencyContainer): StoreDatabase {
  return new StoreDatabase(
    container.resolve(injectionToken<ApplicationDatabase>(ApplicationDatabase)),
  );
}

function handOver(parts: RoleParts): HandOver {
  return new HandOver({ ...parts, store: storeOf(parts) });
}

function storeOf({ store }: RoleParts): ExecutionStore {
  if (store !== undefined) return store;
  throw new SkepError('SKEP_INTERNAL', 'the roles of tracking have no store');
}
