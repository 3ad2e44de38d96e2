// Puts the parts of an opened queue together: who tells whom.
import { LocalFlow } from '../../../core/flow/local-flow.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Seams } from '../../../core/seams.js';
import { bringForward } from './bring-forward.js';
import { Claimer } from './claimer.js';
import type { Connection } from './connection.js';
import { Control } from './control.js';
import { ControlStore } from './control-store.js';
import { deliveryOf, type SettleParts } from './delivery.js';
import { DiskSync } from './disk-sync.js';
import { ExecutionList } from './execution-list.js';
import { GroupCommit } from './group-commit.js';
import { HeldExecutions } from './held.js';
import { type HistoryLimits, Retention } from './retention.js';
import { brokerError } from './sqlite-errors.js';
import { Store } from './store.js';
import { UniqueKeys } from './unique-keys.js';
import { Waiters } from './waiters.js';
import { Watcher } from './watcher.js';

export interface QueuePartsOptions {
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now'>;
  readonly worker: string;
  readonly history: HistoryLimits;
}

export interface QueueParts {
  readonly connection: Connection;
  readonly disk: DiskSync;
  readonly store: Store;
  readonly uniques: UniqueKeys;
  readonly executions: ExecutionList;
  readonly group: GroupCommit;
  readonly claimer: Claimer;
  readonly watcher: Watcher;
  readonly waiters: Waiters;
  readonly control: Control;
  readonly held: HeldExecutions;
  readonly retention: Retention;
}

export function assemble(connection: Connection, options: QueuePartsOptions): QueueParts {
  const { logger, seams, worker, history } = options;
  const store = new Store(connection);
  const uniques = new UniqueKeys(connection, store);
  const controlStore = new ControlStore(connection);
  const held = new HeldExecutions();
  const claimer = new Claimer({
    store,
    control: controlStore,
    logger,
    seams,
    worker,
    wake: () => group.wake(),
    delivery: (claim, slots) => deliveryOf(settling, claim, slots),
  });
  const disk = new DiskSync(connection.path);
  const group = new GroupCommit({ connection, rider: claimer, sync: () => disk.sync() });
  const watcher = new Watcher({
    dataVersion: () => store.dataVersion(),
    onTick: () => {
      claimer.tick();
      waiters.checkEmpty();
    },
    onChange: () => {
      claimer.recheck();
      waiters.checkFinals();
      control.interruptCancelled();
    },
    onFailure: (error) => waiters.refuse(brokerError(error, connection.path)),
  });
  const waiters = new Waiters({ store, watch: () => watcher.watch() });
  const retention = new Retention({
    store,
    uniques,
    control: controlStore,
    group,
    logger,
    seams,
    limits: history,
  });
  const flow = new LocalFlow({
    now: () => seams.now(),
    bringForward: (id) => bringForward({ store, group, claimer, held, seams, logger }, id),
  });
  const settling: SettleParts = {
    store,
    uniques,
    flow,
    held,
    group,
    seams,
    isAwaited: (id) => waiters.isAwaited(id),
    onQueued: (queue, availableAt) => claimer.arrived(queue, availableAt),
    onFinal: (view) => {
      if (view !== undefined) waiters.finished(view);
      retention.finished();
    },
  };
  const control = new Control({
    store,
    control: controlStore,
    uniques,
    held,
    group,
    claimer,
    waiters,
    retention,
    seams,
    worker,
  });
  const executions = new ExecutionList(connection);
  return {
    connection,
    disk,
    store,
    uniques,
    executions,
    group,
    claimer,
    watcher,
    waiters,
    control,
    held,
    retention,
  };
}
