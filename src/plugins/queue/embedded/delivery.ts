// A delivery of the embedded queue: what was claimed, and how its settlement is written under the fence of its claim.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { AttemptReport, ExecutionView } from '../../../core/execution.js';
import type { Delivery, Settlement } from '../../../core/ports/broker.js';
import type { Seams } from '../../../core/seams.js';
import type { ConsumerSlots } from './consumer-slots.js';
import { entryOf } from './entry.js';
import { parseJson } from './execution-row.js';
import type { GroupCommit } from './group-commit.js';
import type { Claim, Store, WrittenReport } from './store.js';

export interface SettleParts {
  readonly store: Store;
  readonly group: GroupCommit;
  readonly seams: Pick<Seams, 'now'>;
  /** Whether someone here waits for the end of this execution. */
  isAwaited(id: string): boolean;
  /** An execution is waiting again; called in the transaction. */
  onQueued(queue: string, availableAt: number): void;
  /** An execution is final, durably; its view when it is awaited. */
  onFinal(view: ExecutionView | undefined): void;
}

export function deliveryOf(parts: SettleParts, claim: Claim, slots: ConsumerSlots): Delivery {
  return {
    id: claim.id,
    raw: parseJson(claim.envelope),
    crashes: claim.crashes,
    settle: (settlement) => settle(parts, claim, slots, settlement),
  };
}

async function settle(
  parts: SettleParts,
  claim: Claim,
  slots: ConsumerSlots,
  settlement: Settlement,
): Promise<void> {
  const { store, group } = parts;
  const write = writing(parts, claim, slots, settlement);
  const isFinal = settlement.kind === 'final';
  const view = await group.add(() => {
    const isHeld = write();
    // Held or not, this claim takes no slot any more.
    slots.free(claim);
    if (!isHeld) throw stale(claim);
    // Read here, since its history may be pruned as soon as the transaction has ended.
    return isFinal && parts.isAwaited(claim.id) ? store.find(claim.id) : undefined;
  });
  if (isFinal) parts.onFinal(view);
}

/** Everything that can fail without the database is done before the work of the transaction is returned. */
function writing(
  { store, seams, onQueued }: SettleParts,
  claim: Claim,
  slots: ConsumerSlots,
  settlement: Settlement,
): () => boolean {
  const { queue } = slots.options;
  const now = seams.now();
  switch (settlement.kind) {
    case 'final': {
      const report = written(settlement.report);
      return () => store.finish(claim, settlement.state, report, now);
    }
    case 'retry': {
      const report = written(settlement.report);
      const entry = entryOf(settlement);
      return () => {
        onQueued(queue, entry.availableAt);
        return store.retry(claim, entry, report);
      };
    }
    case 'return':
      return () => {
        onQueued(queue, now);
        return store.handBack(claim, now);
      };
  }
}

function written(report: AttemptReport): WrittenReport {
  return { attempt: report.attempt, json: JSON.stringify(report) };
}

function stale({ id }: Claim): SkepError {
  return new SkepError(
    'SKEP_STALE_DELIVERY',
    `the delivery of ${id} was settled before, or belongs to another worker`,
  );
}
