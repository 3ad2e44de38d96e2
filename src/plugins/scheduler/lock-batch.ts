// What one claim takes: schedules that are due, and beside them broken ones that are to be read again. The two are asked for
// apart, so that broken ones, however many they are, take no place of others.
import type { Sender, StoreDialect } from '../tracking/index.js';
import { type BrokenSchedules, brokenRowMs } from './broken-schedules.js';
import { type Due, type DueSchedule, lockDue, withoutRow } from './store/due.js';

export interface BatchRequest {
  readonly now: number;
  readonly tasks: readonly string[];
  /** Learns which schedules are broken, and which were read again. */
  readonly broken: BrokenSchedules;
  readonly limit: number;
  /** The id of the only one that is asked for, which may be one that was read just before. */
  readonly only: number | undefined;
}

export interface Batch {
  readonly sound: readonly DueSchedule[];
  /** Nothing but broken schedules was read, and there may be more that are due. From now on those that were read are left out. */
  readonly isAllBroken: boolean;
}

/** Locks the next due schedules for the transaction. */
export async function lockBatch(
  sender: Sender,
  dialect: StoreDialect,
  { now, tasks, broken, limit, only }: BatchRequest,
): Promise<Batch> {
  const lock = (choice: { readonly without?: number[]; readonly only?: number[] }): Promise<Due> =>
    lockDue(sender, dialect, { now, tasks, limit, without: [], only: undefined, ...choice });
  if (only !== undefined) return batchOf([await lock({ only: [only] })], false);
  const waiting = broken.due(now);
  const again = waiting.slice(0, limit);
  const fresh = await lock({ without: broken.all });
  const old = again.length === 0 ? [] : [await lock({ only: again })];
  broken.removed(await withoutRow(sender, again));
  broken.looked(again, now);
  return batchOf([fresh, ...old], fresh.broken.length === limit || waiting.length > again.length);

  function batchOf(dues: readonly Due[], mayBeMore: boolean): Batch {
    for (const { schedule, problem } of dues.flatMap((due) => due.broken)) {
      broken.add(schedule, problem, now, brokenRowMs);
    }
    const sound = dues.flatMap((due) => due.sound);
    return { sound, isAllBroken: sound.length === 0 && mayBeMore };
  }
}
