// The reconciler: finds executions on record that no queue knows of, and sees to it that they go on. In every runtime,
// any number at once: what it changes is what it has read, and to queue an id twice is to queue it once.
import type { Role } from '../../../core/host/role.js';
import type { Logger } from '../../../core/log/logger.js';
import { Recovery, type RecoveryAccount, type RecoveryParts } from './recovery.js';
import { Rounds } from './rounds.js';
import { Steadiness } from './steadiness.js';
import { goneAfterMs, pageSize, type Suspect, type SuspectStatus, Suspects } from './suspects.js';

export interface ReconcilerParts extends Omit<RecoveryParts, 'suspects'> {
  /** A clock that never jumps, in milliseconds. */
  readonly monotonic: () => number;
  readonly logger: Logger;
}

const everyMs = 3_000;
/** An execution that moves from one place to another is in none for a moment; it is in one when it is looked for again. */
const secondLookMs = 1_000;
/** Longer than from one round to the next, when the database answers. */
const longestGapMs = 3 * everyMs;

const waiting: readonly SuspectStatus[] = ['pending', 'queued', 'retrying'];

export class Reconciler implements Role {
  readonly name = 'the reconciler';
  readonly #parts: ReconcilerParts;
  readonly #rounds: Rounds;
  readonly #suspects: Suspects;
  readonly #recovery: Recovery;
  readonly #steadiness: Steadiness;
  /** Found by the first look, to be looked at again. */
  #noted: Suspect[] = [];

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#suspects = new Suspects(parts);
    this.#recovery = new Recovery({ ...parts, suspects: this.#suspects });
    this.#steadiness = new Steadiness(longestGapMs, parts.monotonic);
    const { logger } = parts;
    const round = () => this.round();
    this.#rounds = new Rounds({ name: this.name, logger, round, retryMs: everyMs });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /**
   * Looks again at what the last round has noted and has it go on, then notes what it finds.
   * @returns the time to the next round, in milliseconds.
   */
  async round(): Promise<number> {
    const account: RecoveryAccount = {
      queued: [],
      crashed: [],
      pending: [],
      recorded: [],
      failed: [],
    };
    try {
      while (this.#noted.length > 0 && !this.#rounds.stopped) {
        await this.#recovery.recover(this.#noted.slice(0, pageSize), account);
        this.#steadiness.note();
        this.#noted = this.#noted.slice(pageSize);
      }
    } finally {
      this.#tell(account);
    }
    if (this.#rounds.stopped) return everyMs;
    await this.#suspects.find(waiting, this.#noted);
    this.#steadiness.note();
    if (this.#steadiness.forMs >= goneAfterMs) {
      await this.#suspects.find(['running'], this.#noted);
    }
    return this.#noted.length > 0 ? secondLookMs : everyMs;
  }

  #tell({ queued, crashed, pending, recorded, failed }: RecoveryAccount): void {
    this.#say('executions that the queue had lost were queued again', queued);
    this.#say('runs died with their worker, and the queue had lost them; queued again', crashed);
    this.#say('executions whose dispatch was cut short were queued', pending);
    this.#say('executions that had ended without being recorded were recorded', recorded);
    this.#say('runs of `skep run` died with their process; recorded as failed', failed);
  }

  #say(message: string, ids: readonly string[]): void {
    const [example] = ids;
    if (example !== undefined) this.#parts.logger.warn(message, { count: ids.length, example });
  }
}
