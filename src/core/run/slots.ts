// The slots of a process, shared by its queues in proportion to their weights. Work-conserving: while others are
// idle, a queue may take what is theirs.
import type { SlotShare } from '../ports/slot-share.js';

interface Share {
  readonly weight: number;
  used: number;
  isHungry: boolean;
  /** Was given less than it wanted, and not told of free slots since. */
  isShort: boolean;
  /** Slots that others took while it was hungry, since it last got one. */
  missed: number;
  tell: () => void;
}

/** The slots of one process. */
export class Slots {
  readonly #total: number;
  readonly #shares = new Set<Share>();
  #used = 0;
  #isTelling = false;

  /** @param total deliveries that may be out at one time, over all queues. */
  constructor(total: number) {
    this.#total = total;
  }

  /** A share for one more consumer. */
  share(weight: number): SlotShare {
    const share: Share = {
      weight,
      used: 0,
      isHungry: false,
      isShort: false,
      missed: 0,
      tell: () => undefined,
    };
    this.#shares.add(share);
    return {
      take: (wanted) => this.#take(share, wanted),
      give: (count) => this.#give(share, count),
      retake: (count) => this.#use(share, count),
      hungry: (isHungry) => this.#hungry(share, isHungry),
      onFree: (listener) => {
        share.tell = listener;
      },
    };
  }

  #take(share: Share, wanted: number): number {
    const others = [...this.#shares].filter((each) => each !== share && each.isHungry);
    const taken = Math.max(0, Math.min(wanted, this.#allowed(share, others)));
    if (taken > 0) {
      this.#use(share, taken);
      share.missed = 0;
      for (const other of others) other.missed += taken;
    }
    share.isShort = taken < wanted;
    return taken;
  }

  #give(share: Share, count: number): void {
    if (count === 0) return;
    this.#use(share, -count);
    this.#tellShort();
  }

  #use(share: Share, count: number): void {
    share.used += count;
    this.#used += count;
  }

  #hungry(share: Share, isHungry: boolean): void {
    if (share.isHungry === isHungry) return;
    share.isHungry = isHungry;
    share.missed = 0;
    // What was kept for it may be had by others.
    if (!isHungry) this.#tellShort();
  }

  /** A turn later: who gave may take again at once, and the others look at what it left. */
  #tellShort(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#used >= this.#total) return;
      for (const share of this.#shares) {
        if (!share.isShort) continue;
        share.isShort = false;
        share.tell();
      }
    });
  }

  /** Free slots, less what other queues with waiting work have not had of their part. */
  #allowed(own: Share, others: readonly Share[]): number {
    const free = this.#total - this.#used;
    if (free <= 0 || others.length === 0) return free;
    const rivals = [own, ...others];
    const usedByRivals = rivals.reduce((sum, { used }) => sum + used, 0);
    const parts = divide(free + usedByRivals, rivals);
    const deficit = (share: Share): number => Math.max(0, (parts.get(share) ?? 0) - share.used);
    const owed = others.reduce((sum, other) => sum + deficit(other), 0);
    // Its own part is never owed away.
    return Math.max(Math.min(free, deficit(own)), free - owed);
  }
}

/**
 * Divides slots by weight, at least one for each. Where there are fewer slots than rivals, a rival grows heavier with
 * every slot that it misses, so that all have their turn.
 */
function divide(total: number, rivals: readonly Share[]): Map<Share, number> {
  if (total <= rivals.length) {
    const urgency = ({ weight, missed }: Share): number => weight * (1 + missed);
    const first = [...rivals].sort((a, b) => urgency(b) - urgency(a)).slice(0, total);
    return new Map(first.map((share) => [share, 1]));
  }
  const weights = rivals.reduce((sum, { weight }) => sum + weight, 0);
  const parts = rivals.map((share) => {
    const quota = (total * share.weight) / weights;
    return { share, quota, part: Math.max(1, Math.floor(quota)) };
  });
  const rest = total - parts.reduce((sum, { part }) => sum + part, 0);
  const step = Math.sign(rest);
  for (let left = Math.abs(rest); left > 0; left -= 1) {
    // Up where the rounding took most, down where it gave most; the last slot stays.
    const changeable = parts.filter(({ part }) => part + step >= 1);
    const furthest = changeable.reduce((a, b) =>
      step * (b.quota - b.part) > step * (a.quota - a.part) ? b : a,
    );
    furthest.part += step;
  }
  return new Map(parts.map(({ share, part }) => [share, part]));
}
