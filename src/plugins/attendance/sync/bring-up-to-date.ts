// Brings stored events up to date before anything is stored beside them or computed from them: whose they are after a
// replication, and what is thought of them after a change of settings.
import type { RunContext } from '../../../core/run/run-context.js';
import type { ScopedDataSource } from '../../../datasources/scoped-data-source.js';
import type { Site } from '../site.js';
import type { Directory } from '../store/directory.js';
import { DecideAnew } from './decide-anew.js';
import type { DecidedCounts } from './decide-batch.js';
import { Rematch } from './rematch.js';

/** What has changed, and the directory that everything is matched with now. */
export interface BroughtUpToDate {
  readonly counts: DecidedCounts;
  readonly directory: Directory;
}

export async function bringUpToDate(
  maria: ScopedDataSource,
  site: Site,
  context: Pick<RunContext, 'signal' | 'logger' | 'progress'>,
): Promise<BroughtUpToDate> {
  const rematch = new Rematch(maria, site, context.signal);
  const anew = new DecideAnew(maria, site, context);
  for (;;) {
    const { directory, ...rematched } = await rematch.run();
    // A replication may come in between; what it changed is matched first, so that the roster stays true.
    if (!(await anew.run(directory))) continue;
    const { released, withdrawn, resolved, moved, dirtyDays } = anew.counts;
    const counts = {
      ...{ released, withdrawn },
      resolved: resolved + rematched.resolved,
      moved: moved + rematched.moved,
      dirtyDays: dirtyDays + rematched.dirtyDays,
    };
    return { counts, directory };
  }
}
