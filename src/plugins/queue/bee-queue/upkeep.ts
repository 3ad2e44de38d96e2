// What runs beside the consumption of queues: signs of life, the stall check, a look for claims that were lost, and the
// forgetting of old history.
import type { Logger } from '../../../core/log/logger.js';
import type { Seams } from '../../../core/seams.js';
import type { Consumption } from './consumption.js';
import { orderKeeper } from './keeper.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import { StallCheck } from './stall-check.js';

export interface UpkeepParts {
  readonly link: Link;
  readonly url: string;
  readonly keys: Keys;
  readonly instance: string;
  readonly stallMs: number;
  readonly keepFinishedMs: number;
  readonly seams: Pick<Seams, 'now'>;
  readonly logger: Logger;
}

const pruneEveryMs = 15_000;
const pruneAtOnce = 1_000;

export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #consumptions = new Set<Consumption>();
  readonly #stallCheck: StallCheck;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.#stallCheck = new StallCheck(parts);
  }

  /** Looks after these lanes, too. */
  watch(consumption: Consumption, lanes: readonly string[]): void {
    this.#consumptions.add(consumption);
    for (const lane of lanes) this.#stallCheck.watch(lane);
    const { instance, url, stallMs } = this.#parts;
    orderKeeper({
      kind: 'keep',
      instance,
      url,
      lanes: [...this.#consumptions].map(({ base, suffixes }) => ({ base, suffixes })),
      // Twice may be missed.
      everyMs: stallMs / 4,
    });
    if (this.#timers.length > 0) return;
    this.#every(stallMs / 4, () => this.#keepAlive());
    this.#every(stallMs / 2, () => this.#findLost());
    this.#every(pruneEveryMs, () => this.#prune());
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

  /** The same from here: the thread takes a while to start. */
  async #keepAlive(): Promise<void> {
    const { link, instance } = this.#parts;
    for (const { base, suffixes } of this.#consumptions) {
      await link.commands.scripts.keepAlive(base, instance, ...suffixes);
    }
  }

  /** This process was frozen or cut off, and others took it for dead: its runs end, since others do the work. */
  async #findLost(): Promise<void> {
    for (const { base, exchange } of this.#consumptions) {
      const held = exchange.held;
      if (held.length === 0) continue;
      const words = held.flatMap(({ suffix, id, fence }) => [suffix, id, fence]);
      for (const number of await this.#parts.link.commands.scripts.lost(base, ...words)) {
        const claim = held[number - 1];
        // What was settled while Redis was asked is gone from Redis for that reason.
        if (claim === undefined || !exchange.held.includes(claim)) continue;
        exchange.forget(claim);
        claim.interrupts.tell('lost');
      }
    }
  }

  async #prune(): Promise<void> {
    const { link, seams, keepFinishedMs } = this.#parts;
    const before = Math.floor(seams.now() - keepFinishedMs);
    for (const { base, suffixes } of this.#consumptions) {
      for (const suffix of suffixes) {
        await link.commands.scripts.prune(base, suffix, before, pruneAtOnce);
      }
    }
  }
}
