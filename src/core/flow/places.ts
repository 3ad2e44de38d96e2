// The places of one task: so many of its executions run at one time. Who finds none waits; who has waited longest is
// called when one becomes free, and the place is kept for it until it comes.

/** Who was called and did not come until then is not waited for: it was cancelled, or its queue is paused. */
const callGraceMs = 5_000;
// A net under calling, for what calls nobody: the place kept for one that never came.
const fallbackMs = 5_000;
/** With many waiting, one look of each at the fallback would be much work for nothing. */
const fallbackPerWaitingMs = 5;
const longestFallbackMs = 60_000;

/** Times are milliseconds since 1970 UTC. */
export class Places {
  readonly #count: number;
  #taken = 0;
  /** In the order of waiting. */
  readonly #waiting = new Set<string>();
  /** Whom a place is kept for, and until when; the earliest first. */
  readonly #called = new Map<string, number>();

  constructor(count: number) {
    this.#count = count;
  }

  /** `now` when there is a place for `id`, otherwise when to ask again if it is not called before. */
  free(id: string, now: number): number {
    this.#forgetCalls(now);
    const isCalled = this.#called.has(id);
    if (isCalled || this.#free > 0) return now;
    this.#waiting.add(id);
    const fallback = fallbackMs + this.#waiting.size * fallbackPerWaitingMs;
    return now + Math.min(longestFallbackMs, fallback);
  }

  /** `id` takes the place that {@link free} found. */
  take(id: string): void {
    this.giveUp(id);
    this.#taken += 1;
  }

  /** `id` waits for no place. */
  giveUp(id: string): void {
    this.#waiting.delete(id);
    this.#called.delete(id);
  }

  /** A place has become free. Returns whom to call. */
  release(now: number): string | undefined {
    this.#taken -= 1;
    this.#forgetCalls(now);
    if (this.#free <= 0) return undefined;
    const [longest] = this.#waiting;
    if (longest === undefined) return undefined;
    this.#waiting.delete(longest);
    this.#called.set(longest, now + callGraceMs);
    return longest;
  }

  get #free(): number {
    return this.#count - this.#taken - this.#called.size;
  }

  #forgetCalls(now: number): void {
    for (const [id, until] of this.#called) {
      if (until >= now) break;
      this.#called.delete(id);
    }
  }
}
