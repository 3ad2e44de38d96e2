// A worker that freezes itself once while it holds locks, as soon as a statement has taken them. SKEP_FAULT_FREEZE says
// which.
import type { EntityManager } from 'typeorm';
import type { Composition } from '../../src/main.js';

const taking = {
  /** Dispatches that have committed, on their way to the queue. */
  relay: /\bexecution_outbox\b.*\bFOR UPDATE\b/s,
  /** Schedules that are due. */
  scheduler: /\bschedule\b.*\bFOR UPDATE\b/s,
} as const;

let wasFrozen = false;

export type Holder = keyof typeof taking;

export function freezeHolding({ sources }: Composition, holder: Holder): void {
  const database = sources.application;
  const use = database.use.bind(database);
  database.use = (work) =>
    use((manager) => {
      watch(manager, taking[holder]);
      return work(manager);
    });
}

function watch({ queryRunner }: EntityManager, statement: RegExp): void {
  if (queryRunner === undefined) return;
  const query = queryRunner.query.bind(queryRunner);
  // TypeORM declares the overloads of `query`; all of them go to this one implementation.
  queryRunner.query = (async (sql: string, parameters?: unknown[], structured?: boolean) => {
    const rows: unknown = await query(sql, parameters as never, structured as never);
    const hasTaken = statement.test(sql) && Array.isArray(rows) && rows.length > 0;
    if (hasTaken && !wasFrozen) {
      wasFrozen = true;
      process.kill(process.pid, 'SIGSTOP');
    }
    return rows;
  }) as never;
}
