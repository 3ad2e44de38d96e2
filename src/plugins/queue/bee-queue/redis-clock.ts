// The clock of Redis as this process knows it: what is due, how fast tasks start and what has expired is decided by that
// one clock, because the clocks of two workers may be minutes apart.
import type { Seams } from '../../../core/seams.js';
import type { Link } from './link.js';

export interface RedisClockOptions {
  readonly link: Link;
  /** The clock of this machine. */
  readonly seams: Pick<Seams, 'now'>;
  readonly timeoutMs: number;
}

/** One answer of Redis to the question for its time. */
interface Measurement {
  /** What Redis answered, milliseconds since 1970 UTC. */
  readonly redisMs: number;
  /** When it was that time, on the clock of `performance.now()`, which nobody sets. */
  readonly at: number;
  /** By so much it may be wrong: half of the round trip. */
  readonly errorMs: number;
}

const measureEveryMs = 5_000;
/** Two clocks drift apart by so much of the time that has passed; ordinary quartz does a tenth of it. */
const drift = 0.000_5;
/** An answer that took longer says little; Redis is asked again at once, so many times at most. */
const preciseMs = 20;
const mostTries = 3;

/** Tells the time by the clock of Redis between two measurements. Setting the clock of this machine changes nothing. */
export class RedisClock {
  readonly #options: RedisClockOptions;
  #measured: Measurement | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor(options: RedisClockOptions) {
    this.#options = options;
    options.link.onReturn(() => {
      // It may be another server.
      this.#measured = undefined;
      void this.measure().catch(() => undefined);
    });
  }

  /** Milliseconds since 1970 UTC; by the clock of this machine as long as Redis has not answered once. */
  now(): number {
    const now = performance.now();
    if (now - this.#triedAt > measureEveryMs) {
      this.#triedAt = now;
      void this.measure().catch(() => undefined);
    }
    const known = this.#measured;
    return known ? Math.floor(known.redisMs + now - known.at) : this.#options.seams.now();
  }

  /** By how many milliseconds the clock of this machine is ahead of that of Redis; undefined before the first answer. */
  get aheadMs(): number | undefined {
    const known = this.#measured;
    if (known === undefined) return undefined;
    const redisNow = known.redisMs + performance.now() - known.at;
    return Math.round(this.#options.seams.now() - redisNow);
  }

  /**
   * Asks Redis for its time.
   * @throws SkepError `SKEP_QUEUE_UNREACHABLE`.
   */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #measure(): Promise<void> {
    const { link, timeoutMs } = this.#options;
    for (let tries = 0; tries < mostTries; tries += 1) {
      this.#triedAt = performance.now();
      const fresh = await link.send(async (redis) => {
        const askedAt = performance.now();
        const [seconds, microseconds] = await redis.time();
        const errorMs = (performance.now() - askedAt) / 2;
        const redisMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
        return { redisMs, at: askedAt + errorMs, errorMs };
      }, timeoutMs);
      this.#take(fresh);
      if (fresh.errorMs * 2 <= preciseMs) return;
    }
  }

  /** Keeps the more exact one, unless the clock of Redis was set meanwhile. */
  #take(fresh: Measurement): void {
    const known = this.#measured;
    if (known === undefined) {
      this.#measured = fresh;
      return;
    }
    const passedMs = fresh.at - known.at;
    const errorMs = known.errorMs + passedMs * drift;
    const differenceMs = Math.abs(fresh.redisMs - known.redisMs - passedMs);
    const isBetter = fresh.errorMs <= errorMs;
    const wasSet = differenceMs > fresh.errorMs + errorMs;
    if (isBetter || wasSet) this.#measured = fresh;
  }
}
