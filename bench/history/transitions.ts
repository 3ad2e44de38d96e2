// What it costs to record the beginning and the end of a run, on the tables as they are.

import type { PendingExecution } from '../../src/core/ports/tracker.js';
import { newFence } from '../../src/core/run/fence.js';
import { sumLedgers } from '../../src/core/run/ledgers.js';
import { systemSeams } from '../../src/core/seams.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import type { DataSourceProvider } from '../../src/datasources/index.js';
import { SqlHistory } from '../../src/plugins/tracking/history/sql-history.js';
import { SqlExecutionStore } from '../../src/plugins/tracking/store/sql-execution-store.js';
import { silentLogger } from './databases.js';

const atOneTime = 100;

export function storeOn({ application: database }: DataSourceProvider): SqlExecutionStore {
  const { registry } = TaskRegistry.build([]);
  const history = new SqlHistory(database);
  return new SqlExecutionStore({
    database,
    history,
    registry,
    logger: silentLogger,
    seams: systemSeams,
  });
}

/** Milliseconds a run, for its beginning and its end. */
export async function transitionMs(store: SqlExecutionStore, runs: number): Promise<number> {
  const pending = Array.from({ length: runs }, newExecution);
  await store.pending(pending);
  let next = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    for (let at = next++; at < runs; at = next++) {
      const { envelope } = pending[at] ?? newExecution();
      const attempt = {
        executionId: envelope.id,
        task: envelope.task,
        attempt: 1,
        worker: 'bench:1',
        fence: newFence(1, systemSeams),
      };
      const startedAt = Date.now();
      await store.begin(attempt, startedAt);
      await store.final(attempt, 'success', {
        attempt: 1,
        worker: 'bench:1',
        startedAt,
        finishedAt: Date.now(),
        result: { rows: 12 },
        ledger: sumLedgers([]),
      });
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOneTime }, oneAfterTheOther));
  return (performance.now() - began) / runs;
}

function newExecution(): PendingExecution {
  const now = Date.now();
  return {
    envelope: {
      v: 1,
      id: systemSeams.newId(),
      task: 'sync_attendance',
      queue: 'default',
      payload: { employeeId: 7 },
      attempt: 1,
      dispatchedAt: now,
      triggeredBy: 'bench',
      tracked: true,
    },
    availableAt: now,
  };
}
