// The role that schedules. Any number of runtimes have it at one time: each sleeps until the next schedule is due, looks
// at the database in between, and claims what it finds due.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../../core/host/role.js';
import type { Logger } from '../../core/log/logger.js';
import type { StoreDatabase } from '../tracking/index.js';
import { ClaimFailed } from './claim-failed.js';
import { batchSize, type Claimer } from './claimer.js';
import type { Installer } from './installer.js';
import { look, readOverdue } from './store/due.js';
import type { Clock } from './store/schedule-store.js';
import { StuckWatch, stuckMarginMs } from './stuck-watch.js';

/** A change made anywhere takes effect within a second everywhere. */
const longestSleepMs = 800;
/** Of a burst. One connection fewer than a service has: the relay and the recording go on beside it. */
const claimsAtOnce = 3;
/** Names of schedules in a line of the log. */
const mostNamed = 10;
/** Something is due that another runtime is at. */
const besidePauseMs = 50;

export interface SchedulerParts {
  readonly database: StoreDatabase;
  readonly installer: Pick<Installer, 'bringUpToDate'>;
  readonly claimer: Pick<Claimer, 'claim' | 'tasks' | 'broken'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Scheduler implements Role {
  readonly name = 'scheduler';
  readonly whenServing = true;
  readonly #parts: SchedulerParts;
  readonly #stuck: StuckWatch;
  readonly #end = new AbortController();
  #loop: Promise<void> | undefined;
  /** What the log was given of the failure that lasts. */
  #failing: string | undefined;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#stuck = new StuckWatch(parts.logger, (task) => parts.claimer.tasks.includes(task));
  }

  async start(): Promise<void> {
    if (this.#loop !== undefined || this.#end.signal.aborted) return;
    await this.bringUpToDate();
    this.#loop = this.#run();
  }

  /** Brings declared schedules into the database; part of the start. */
  bringUpToDate(): Promise<void> {
    return this.#parts.installer.bringUpToDate();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /**
   * Looks once, and claims what is due.
   * @returns how long to wait before the next look, milliseconds. Never rejects.
   */
  async round(): Promise<number> {
    try {
      const waitMs = await this.#lookAndClaim();
      if (this.#failing !== undefined) this.#parts.logger.info('scheduling goes on');
      this.#failing = undefined;
      return waitMs;
    } catch (error) {
      this.#report(error);
      return longestSleepMs;
    }
  }

  /** An hour without a database is one line in the log, not thousands; other schedules that fail are another line. */
  #report(error: unknown): void {
    const { schedules, cause } =
      error instanceof ClaimFailed ? error : { schedules: [], cause: error };
    const shown = schedules.slice(0, mostNamed);
    const key = shown.join('\n');
    if (this.#failing === key) return;
    this.#failing = key;
    this.#parts.logger.error('scheduling fails, and is tried again', {
      error: cause,
      ...(shown.length === 0 ? {} : { due: schedules.length, schedules: shown }),
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const waitMs = await this.round();
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #lookAndClaim(): Promise<number> {
    const { database, claimer, clock } = this.#parts;
    const { tasks, broken } = claimer;
    const without = broken.all;
    const { now, next, isDamaged } = await database.use((manager, dialect) =>
      look(manager, dialect, clock, { tasks, without }),
    );
    const isDue = isDamaged || broken.isDue(now) || (next !== undefined && next <= now);
    const claimed = isDue ? await this.#claimAll(now) : 0;
    await this.#watchStuck(now);
    if (claimed > 0) return 0;
    // What is left out is no reason to look again soon.
    if (isDue) return broken.leftOut(now).length > 0 ? longestSleepMs : besidePauseMs;
    return next === undefined ? longestSleepMs : Math.min(longestSleepMs, Math.ceil(next - now));
  }

  /** One claim; where that is not all, several at one time: they wait for the disk together and not in turn. */
  async #claimAll(now: number): Promise<number> {
    const first = await this.#parts.claimer.claim(now);
    if (first < batchSize) return first;
    const claims = Array.from({ length: claimsAtOnce }, () => this.#claimWhileMany(now));
    // When one fails, none of the others is left to itself.
    await Promise.allSettled(claims);
    return (await Promise.all(claims)).reduce((sum, claimed) => sum + claimed, first);
  }

  async #claimWhileMany(now: number): Promise<number> {
    let claimed = 0;
    while (!this.#end.signal.aborted) {
      const some = await this.#parts.claimer.claim(now);
      claimed += some;
      if (some < batchSize) break;
    }
    return claimed;
  }

  async #watchStuck(now: number): Promise<void> {
    const { database } = this.#parts;
    const overdue = await database.use((manager) => readOverdue(manager, now - stuckMarginMs));
    const { broken } = this.#parts.claimer;
    // A broken schedule was named as such.
    this.#stuck.see(
      overdue.filter(({ name }) => !broken.has(name)),
      now,
    );
  }
}
