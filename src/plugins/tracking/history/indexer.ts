// The role that fills the index of words just behind the writers. One runtime does it at a time: the one that holds the
// place, which is free again when its holder is gone.

import type { Role, RoleParts } from '../../../core/host/role.js';
import { injectionToken } from '../../../core/tasks/inject.js';
import { ApplicationDatabase } from '../../../datasources/index.js';
import { Rounds } from '../roles/rounds.js';
import { changed } from '../store/changed.js';
import { databaseNow, databaseTimeAfter } from '../store/rows.js';
import { StoreDatabase } from '../store/store-database.js';
import { Indexing } from './text/indexing.js';

const idleMs = 1_000;
const placeMs = 30_000;
const removeEveryMs = 60_000;
/** It rests so many times as long as it has worked: runs come first. */
const restFactor = 3;

type IndexerParts = Pick<RoleParts, 'container' | 'registry' | 'logger' | 'seams' | 'worker'>;

/** Makes the role for a runtime. */
export function textIndexer({ container, registry, logger, seams, worker }: IndexerParts): Role {
  const database = new StoreDatabase(
    container.resolve(injectionToken<ApplicationDatabase>(ApplicationDatabase)),
  );
  const kept = new Map(
    registry.all.map(({ code, tracked }) => [code, tracked?.keepPayload ?? true]),
  );
  const indexing = new Indexing({
    database,
    keepsPayload: (task) => kept.get(task) ?? false,
    now: seams.now,
  });
  const name = 'text index';
  let removedAt = performance.now();
  const round = async (): Promise<number> => {
    if (!(await holdsPlace(database, worker))) return idleMs;
    const began = performance.now();
    if (began - removedAt > removeEveryMs) {
      removedAt = began;
      await indexing.removeEmpty();
    }
    const isBusy = await indexing.step();
    return isBusy ? (performance.now() - began) * restFactor : idleMs;
  };
  const rounds = new Rounds({ name, logger, round, retryMs: 5_000 });
  return { name, start: () => rounds.start(), stop: () => rounds.stop() };
}

/** Takes the place, or keeps it. By the clock of the database, which is one for all. */
function holdsPlace(database: StoreDatabase, worker: string): Promise<boolean> {
  return database.use(async (manager, dialect) => {
    const now = databaseNow(dialect);
    const until = databaseTimeAfter(dialect, placeMs);
    const taken = await changed(
      manager,
      `UPDATE execution_word_indexer SET holder = ?, until = ${until} WHERE one = 1 AND (holder = ? OR until < ${now})`,
      [worker, worker],
    );
    return taken > 0;
  });
}
