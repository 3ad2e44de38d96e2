// How fast old executions are forgotten, and what that costs those that run meanwhile.

import { systemSeams } from '../../src/core/seams.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import type { DataSourceProvider } from '../../src/datasources/index.js';
import { Pruner } from '../../src/plugins/tracking/roles/pruner.js';
import { Retention } from '../../src/plugins/tracking/roles/retention.js';
import type { SqlExecutionStore } from '../../src/plugins/tracking/store/sql-execution-store.js';
import { StoreDatabase } from '../../src/plugins/tracking/store/store-database.js';
import { median } from '../support/median.js';
import { silentLogger } from './databases.js';
import { transitionMs } from './transitions.js';

export interface PruningFigure {
  readonly perSecond: number;
  /** Time of a run while it is pruned, to that before. */
  readonly slowdown: number;
}

/** Prunes what is older than 20 days while runs are recorded, in turn with rounds without it. */
export async function timePruning(
  provider: DataSourceProvider,
  store: SqlExecutionStore,
  rounds: number,
  runs: number,
): Promise<PruningFigure> {
  const { registry } = TaskRegistry.build([]);
  const database = new StoreDatabase(provider.application);
  const without: number[] = [];
  const meanwhile: number[] = [];
  let [forgotten, seconds] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    without.push(await transitionMs(store, runs));
    const before = await oldest(database);
    const began = performance.now();
    const pruner = new Pruner({
      database,
      retention: new Retention({ retention: '20d', retentionByState: {} }, registry),
      logger: silentLogger,
      seams: systemSeams,
    });
    pruner.start();
    meanwhile.push(await transitionMs(store, runs));
    await pruner.stop();
    seconds += (performance.now() - began) / 1_000;
    // They were filled in order and are forgotten in order.
    forgotten += (await oldest(database)) - before;
  }
  return { perSecond: forgotten / seconds, slowdown: median(meanwhile) / median(without) };
}

async function oldest(database: StoreDatabase): Promise<number> {
  const [row] = await database.use((manager) =>
    manager.query<{ seq: number }[]>('SELECT MIN(seq) AS seq FROM execution'),
  );
  return Number(row?.seq ?? 0);
}
