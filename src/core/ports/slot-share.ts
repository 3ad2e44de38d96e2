// A consumer's part in the slots of its process, as the broker port asks for it.

/** What a consumer asks before it claims. */
export interface SlotShare {
  /** Takes up to `wanted` slots; returns how many it got. Who wants 0 is not told of free slots any more. */
  take(wanted: number): number;
  /** Gives slots back. */
  give(count: number): void;
  /**
   * Undoes a `give` whose transaction or call has failed. Others may have taken the slots meanwhile: then more are out
   * than there are, until as many have ended.
   */
  retake(count: number): void;
  /** Says whether the queue has work that waits for nothing but a slot. Keep it true: what is kept for it stays idle. */
  hungry(isHungry: boolean): void;
  /** Has `listener` told when slots may be had again after `take` gave fewer than were wanted. */
  onFree(listener: () => void): void;
}
