// Tells of schedules that are overdue and that nobody claims: once for each time that is not claimed.
import { formatMs } from '../../core/duration.js';
import type { Logger } from '../../core/log/logger.js';
import type { Overdue } from './store/due.js';

/** A schedule is overdue for so long beyond its grace, and was seen so for so long: another runtime may be claiming it. */
export const stuckMarginMs = 30_000;

interface Episode {
  readonly dueAt: number;
  readonly since: number;
  told: boolean;
}

export class StuckWatch {
  readonly #logger: Logger;
  readonly #isKnown: (task: string) => boolean;
  readonly #episodes = new Map<string, Episode>();

  /** @param isKnown whether this runtime has a task. */
  constructor(logger: Logger, isKnown: (task: string) => boolean) {
    this.#logger = logger;
    this.#isKnown = isKnown;
  }

  /** Takes in which schedules are overdue now; those that no longer are, are forgotten. */
  see(overdue: readonly Overdue[], now: number): void {
    const names = new Set(overdue.map(({ name }) => name));
    for (const name of this.#episodes.keys()) if (!names.has(name)) this.#episodes.delete(name);
    for (const each of overdue) this.#judge(each, now);
  }

  #judge({ name, task, dueAt, misfireGraceMs }: Overdue, now: number): void {
    let episode = this.#episodes.get(name);
    if (episode?.dueAt !== dueAt) {
      episode = { dueAt, since: now, told: false };
      this.#episodes.set(name, episode);
    }
    const isStuck =
      now - dueAt > misfireGraceMs + stuckMarginMs && now - episode.since >= stuckMarginMs;
    if (!isStuck || episode.told) return;
    episode.told = true;
    const remedy = this.#isKnown(task)
      ? 'look for a transaction that holds its row'
      : 'no plugin of this runtime has its task: start one that has, or pause the schedule';
    this.#logger.error('a schedule is stuck: it is overdue and nobody claims it', {
      schedule: name,
      task,
      dueAt: new Date(dueAt).toISOString(),
      overdue: formatMs(now - dueAt),
      remedy,
    });
  }
}
