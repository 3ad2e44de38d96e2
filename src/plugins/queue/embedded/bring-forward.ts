// Brings an execution forward that was postponed, or is about to be: there is a place for it now.
import { hasCode } from '../../../core/errors/skep-error.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Seams } from '../../../core/seams.js';
import type { Claimer } from './claimer.js';
import type { GroupCommit } from './group-commit.js';
import type { HeldExecutions } from './held.js';
import type { Store } from './store.js';

export interface BringForwardParts {
  readonly store: Store;
  readonly group: GroupCommit;
  readonly claimer: Claimer;
  readonly held: HeldExecutions;
  readonly seams: Pick<Seams, 'now'>;
  readonly logger: Logger;
}

/** Never rejects: what cannot be brought forward comes when its time has come. */
export async function bringForward(parts: BringForwardParts, id: string): Promise<void> {
  const { store, group, claimer, held, seams, logger } = parts;
  // It may be out still, on its way to being postponed.
  const out = held.find(id);
  if (out !== undefined) out.isBroughtForward = true;
  try {
    await group.add(() => {
      const now = seams.now();
      const queue = store.bringForward(id, now);
      if (queue !== undefined) claimer.arrived(queue, now);
    });
  } catch (error) {
    if (hasCode(error, 'SKEP_BROKER_CLOSED')) return;
    logger.warn('bringing an execution forward failed', { executionId: id, error });
  }
}
