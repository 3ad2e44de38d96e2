// What runs beside the consumption of queues: signs of life, the stall check, a look for claims that were lost, and the
// forgetting of old history.
import type { Logger } from '../../../core/log/logger.js';
import type { Consumption } from './consumption.js';
import { orderKeeper } from './keeper.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import { SignOfLife } from './sign-of-life.js';
import { StallCheck } from './stall-check.js';

export interface UpkeepParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly instance: string;
  readonly stallMs: number;
  readonly keepFinishedMs: number;
  readonly pruneEveryMs: number;
  readonly logger: Logger;
  /** Puts lanes into the list of lanes. */
  announce(lanes: readonly string[]): Promise<void>;
}

/** Of a stall interval without a sign of life, so much passes before the runs of a worker that is cut off end. */
const fenceAfter = 0.5;
const fenceEvery = 1 / 8;
/** A consumer that is connected asks every second; it is stuck when for so many stall intervals nothing was answered. */
const silentIntervals = 3;
const shortestSilenceMs = 3_000;
const pruneAtOnce = 1_000;

export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #consumptions = new Set<Consumption>();
  readonly #stallCheck: StallCheck;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #life = new SignOfLife();
  readonly #lanes = new Set<string>();
  #isFenced = false;
  /** When the fence was looked after last, and when a standstill was over; on the clock of `performance.now()`. */
  #turnAt = 0;
  #wokeAt = Number.NEGATIVE_INFINITY;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.#stallCheck = new StallCheck({
      ...parts,
      keepAlive: () => this.#keepAlive(),
      stoodStill: () => this.#stoodStill(),
    });
    // What others have taken while the connection was away ends as soon as it is back.
    parts.link.onReturn(() => void this.#findBefallen().catch(() => undefined));
  }

  /** Looks after these lanes, too. */
  watch(consumption: Consumption, lanes: readonly string[]): void {
    this.#consumptions.add(consumption);
    for (const lane of lanes) {
      this.#lanes.add(lane);
      this.#stallCheck.watch(lane);
    }
    const { instance, link, stallMs, pruneEveryMs } = this.#parts;
    orderKeeper({
      kind: 'keep',
      instance,
      address: link.address,
      lanes: [...this.#consumptions].map(({ base, suffixes }) => ({ base, suffixes })),
      // Twice may be missed.
      everyMs: stallMs / 4,
      sign: this.#life.buffer,
    });
    if (this.#timers.length > 0) return;
    this.#life.note(SignOfLife.now());
    this.#turnAt = performance.now();
    this.#timers.push(setInterval(() => this.#fence(), stallMs * fenceEvery).unref());
    this.#every(stallMs / 4, () => this.#keepAlive());
    this.#every(stallMs / 2, () => this.#findBefallen());
    this.#every(pruneEveryMs, () => this.#prune());
    // A server that was emptied has lost the list as well; what is added from now on must be found.
    this.#every(stallMs, () => this.#parts.announce([...this.#lanes]));
    this.#every(stallMs, async () => this.#review());
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#stallCheck.close();
    orderKeeper({ kind: 'leave', instance: this.#parts.instance });
  }

  #every(ms: number, act: () => Promise<void>): void {
    const { link, logger } = this.#parts;
    const timer = setInterval(() => {
      if (!link.isReady) return;
      act().catch((error: unknown) => {
        if (link.isReady) logger.warn('looking after the queue failed', { error });
      });
    }, ms);
    this.#timers.push(timer.unref());
  }

  /**
   * Whether this process stood still a moment ago, with all its threads: others may have taken it for dead; and its timers
   * come before what has arrived meanwhile. A main thread that is blocked alone is no standstill.
   */
  #stoodStill(): boolean {
    const { stallMs } = this.#parts;
    const now = performance.now();
    const isLate = now - this.#turnAt > 2 * fenceEvery * stallMs;
    if (isLate && this.#life.keeperWasLate(stallMs * fenceAfter)) this.#wokeAt = now;
    return now < this.#wokeAt + stallMs * fenceAfter;
  }

  /** The same from here: the thread takes a while to start. */
  async #keepAlive(): Promise<void> {
    const { link, instance } = this.#parts;
    const at = SignOfLife.now();
    for (const { base, suffixes } of this.#consumptions) {
      await link.commands.scripts.keepAlive(base, instance, ...suffixes);
    }
    this.#life.note(at);
  }

  /**
   * Others take this process for dead when Redis has not heard of it for a stall interval; before that its runs end, so
   * that none of them goes on beside its next attempt. A server that refuses connections is down for all, and whoever
   * finds it up again gives the others time (stall-check.ts).
   */
  #fence(): void {
    const { link, stallMs, logger } = this.#parts;
    const mostMs = stallMs * fenceAfter;
    // After a standstill Redis is asked first, and tells what was lost, if anything was.
    this.#stoodStill();
    const now = performance.now();
    this.#turnAt = now;
    const isSpared = now < this.#wokeAt + mostMs;
    const isCutOff = this.#life.ageMs > mostMs && !isSpared && !link.isRefused;
    if (!isCutOff) this.#isFenced = false;
    if (!isCutOff || this.#isFenced) return;
    this.#isFenced = true;
    const held = [...this.#consumptions].flatMap(({ exchange }) => exchange.held);
    if (held.length === 0) return;
    const message = 'Redis does not answer; ending what others may take over';
    logger.warn(message, { executions: held.length });
    for (const claim of held) claim.interrupts.tell('lost');
  }

  /**
   * This process was frozen or cut off, and others took it for dead: its runs end, since others do the work. And someone
   * cancelled a run while this process could not be told.
   */
  async #findBefallen(): Promise<void> {
    const { link, instance } = this.#parts;
    for (const { base, exchange } of this.#consumptions) {
      const held = exchange.held;
      if (held.length === 0) continue;
      const words = held.flatMap(({ suffix, id, fence }) => [suffix, id, fence]);
      const [lost, cancelled] = await link.commands.scripts.befallen(base, instance, ...words);
      for (const number of cancelled) held[number - 1]?.interrupts.tell('cancelled');
      for (const number of lost) {
        const claim = held[number - 1];
        // What was settled while Redis was asked is gone from Redis for that reason.
        if (claim === undefined || !exchange.held.includes(claim)) continue;
        exchange.forget(claim);
        claim.interrupts.tell('lost');
      }
    }
  }

  /** The watchdog: connected, and nothing comes of it. */
  #review(): void {
    const { link, logger, stallMs } = this.#parts;
    // What has arrived meanwhile is not read yet.
    const mayBeAnswered = this.#stoodStill();
    for (const { base, exchange } of this.#consumptions) {
      if (
        !mayBeAnswered &&
        exchange.silenceMs > Math.max(shortestSilenceMs, silentIntervals * stallMs)
      ) {
        const silentMs = Math.round(exchange.silenceMs);
        logger.error('connected to Redis and not consuming, connecting anew', {
          keys: base,
          silentMs,
        });
        link.reconnect();
        return;
      }
      exchange.review();
    }
  }

  async #prune(): Promise<void> {
    const { link, keepFinishedMs } = this.#parts;
    for (const { base, suffixes } of this.#consumptions) {
      for (const suffix of suffixes) {
        await link.commands.scripts.prune(base, suffix, keepFinishedMs, pruneAtOnce);
      }
    }
  }
}
