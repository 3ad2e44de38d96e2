// A delivery of the embedded queue: what was claimed, and how its settlement is written under the fence of its claim.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { AttemptReport, ExecutionView } from '../../../core/execution.js';
import type { LocalFlow } from '../../../core/flow/local-flow.js';
import type { Delivery, Settlement } from '../../../core/ports/broker.js';
import type { Seams } from '../../../core/seams.js';
import type { ConsumerSlots } from './consumer-slots.js';
import { entryOf, wholeMs } from './entry.js';
import { parseJson } from './execution-row.js';
import type { GroupCommit } from './group-commit.js';
import type { Held, HeldExecutions } from './held.js';
import type { Claim, Store, WrittenReport } from './store.js';
import type { UniqueKeys } from './unique-keys.js';

export interface SettleParts {
  readonly store: Store;
  readonly uniques: UniqueKeys;
  readonly flow: LocalFlow;
  readonly held: HeldExecutions;
  readonly group: GroupCommit;
  readonly seams: Pick<Seams, 'now'>;
  /** Whether someone here waits for the end of this execution. */
  isAwaited(id: string): boolean;
  /** An execution is waiting again; called in the transaction. */
  onQueued(queue: string, availableAt: number): void;
  /** An execution is final, durably; its view when it is awaited. */
  onFinal(view: ExecutionView | undefined): void;
}

/** A claim that is out. */
interface Out {
  readonly claim: Claim;
  readonly raw: unknown;
  readonly slots: ConsumerSlots;
  readonly held: Held;
}

export function deliveryOf(parts: SettleParts, claim: Claim, slots: ConsumerSlots): Delivery {
  const { id, crashes, cancelled, unknownSince } = claim;
  const raw = parseJson(claim.envelope);
  const held = parts.held.add(id);
  const out = { claim, raw, slots, held };
  return {
    id,
    raw,
    crashes,
    cancelled,
    unknownSince,
    now: () => parts.seams.now(),
    admit: async (limits) => parts.flow.admit(id, limits),
    onInterrupt: (listener) => held.onInterrupt(listener),
    settle: (settlement) => settle(parts, out, settlement),
  };
}

async function settle(parts: SettleParts, out: Out, settlement: Settlement): Promise<void> {
  const { store, group } = parts;
  const { claim, slots, held } = out;
  const write = writing(parts, out, settlement);
  const isFinal = settlement.kind === 'final';
  const view = await group.add(() => {
    const isHeld = write();
    // Held or not, this claim takes no slot any more.
    slots.free(claim);
    if (!isHeld) throw stale(claim);
    // Read here, since its history may be pruned as soon as the transaction has ended.
    return isFinal && parts.isAwaited(claim.id) ? store.find(claim.id) : undefined;
  });
  parts.held.remove(claim.id, held);
  if (isFinal) parts.onFinal(view);
}

/** Everything that can fail without the database is done before the work of the transaction is returned. */
function writing(
  { store, uniques, seams, onQueued }: SettleParts,
  { claim, raw, held }: Out,
  settlement: Settlement,
): () => boolean {
  const { id, queue } = claim;
  const now = seams.now();
  switch (settlement.kind) {
    case 'final': {
      const report = written(settlement.report);
      return () => {
        const isHeld = store.finish(claim, settlement.state, report, now);
        if (isHeld) uniques.release(id, raw);
        return isHeld;
      };
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
    case 'postpone': {
      const postponedTo = wholeMs(settlement.availableAt);
      const { unknownSince } = settlement;
      return () => {
        // Its place may have become free since it was refused.
        const availableAt = held.isBroughtForward ? now : postponedTo;
        onQueued(queue, availableAt);
        return unknownSince === undefined
          ? store.putOff(claim, availableAt)
          : store.putOffUnknown(claim, availableAt, wholeMs(unknownSince));
      };
    }
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
