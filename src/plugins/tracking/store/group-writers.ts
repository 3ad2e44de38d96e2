// The writers of the store, one for each kind of what is said of executions.
import type { Logger } from '../../../core/log/logger.js';
import type { Beginning, PendingExecution, Recorded } from '../../../core/ports/tracker.js';
import { beginAtOnce, endAtOnce } from './at-once.js';
import { type BeginningRun, writeBeginnings } from './beginnings.js';
import { pieces } from './bulk.js';
import { deletePending } from './discarded.js';
import { type EndingRun, writeEndings } from './endings.js';
import { Groups } from './groups.js';
import { insertPending, textLength } from './pending.js';
import { Permits } from './permits.js';
import { Queued } from './queued.js';
import type { Said } from './standing-rows.js';
import type { StoreDatabase } from './store-database.js';

/** Groups of all kinds under way at one time: while one waits for the disk, another has its statements executed. */
const mariadbGroups = 2;
/** One that waits for the write lock of the file wins nothing. */
const sqliteGroups = 1;

export interface GroupWriters {
  readonly pending: Groups<readonly PendingExecution[], undefined>;
  readonly discarded: Groups<readonly string[], undefined>;
  readonly beginnings: Groups<BeginningRun, Beginning>;
  /** Answers undefined where there is no record. */
  readonly endings: Groups<EndingRun, Recorded | undefined>;
  readonly queued: Queued;
}

export function groupWriters(database: StoreDatabase, logger: Logger): GroupWriters {
  const permits = new Permits(database.dialect === 'mariadb' ? mariadbGroups : sqliteGroups);
  const keyOf = ({ attempt }: Said): string => attempt.executionId;
  return {
    pending: new Groups({
      permits,
      write: async (calls) => {
        const [first = [], ...others] = pieces(calls.flat(), textLength);
        if (others.length === 0) {
          await database.use((manager, dialect) => insertPending(manager, dialect, first));
        } else {
          await database.transaction(async (manager, dialect) => {
            for (const piece of [first, ...others]) await insertPending(manager, dialect, piece);
          });
        }
        return calls.map(() => undefined);
      },
      sizeOf: (executions) => ({
        rows: executions.length,
        characters: executions.reduce((sum, each) => sum + textLength(each), 0),
      }),
    }),
    discarded: new Groups({
      permits,
      write: async (calls) => {
        await database.use((manager, dialect) => deletePending(manager, dialect, calls.flat()));
        return calls.map(() => undefined);
      },
      sizeOf: (ids) => ({ rows: ids.length, characters: 0 }),
    }),
    beginnings: new Groups<BeginningRun, Beginning>({
      permits,
      write: async (runs) =>
        (await beginAtOnce(database, runs))
          ? runs.map(() => ({ kind: 'begun' }))
          : database.transaction((manager, dialect) =>
              writeBeginnings(manager, dialect, runs, logger),
            ),
      keyOf,
      sizeOf: () => ({ rows: 1, characters: 0 }),
    }),
    endings: new Groups<EndingRun, Recorded | undefined>({
      permits,
      write: async (runs) =>
        (await endAtOnce(database, runs))
          ? runs.map(() => ({ kind: 'recorded' }))
          : database.transaction((manager, dialect) =>
              writeEndings(manager, dialect, runs, 'free'),
            ),
      keyOf,
      sizeOf: (run) => ({
        rows: 1,
        characters: run.kind === 'final' ? (run.result?.length ?? 0) : 0,
      }),
    }),
    queued: new Queued(database, logger),
  };
}
