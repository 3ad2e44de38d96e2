// The schedules that this runtime cannot fire because of what their rows say. Each is named in the log once, is left out of what
// is claimed so that the others go on, and is looked at again after a while, because somebody may have mended it.
import type { Logger } from '../../core/log/logger.js';

export interface BrokenSchedule {
  readonly id: number;
  readonly name: string;
  readonly task: string;
}

/** A row is read again this soon: a change takes effect within a second. */
export const brokenRowMs = 1_000;
/** What the database or the task refused is tried again this late, because each try costs a transaction for every schedule. */
export const refusedMs = 30_000;

interface Episode {
  readonly name: string;
  readonly problem: string;
  readonly until: number;
}

export class BrokenSchedules {
  readonly #logger: Logger;
  readonly #episodes = new Map<number, Episode>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Leaves a schedule out for a time, milliseconds. */
  add(schedule: BrokenSchedule, problem: string, now: number, forMs: number): void {
    const { id, name, task } = schedule;
    const known = this.#episodes.get(id);
    this.#episodes.set(id, { name, problem, until: now + forMs });
    if (known?.problem === problem) return;
    this.#logger.error('a schedule is broken and does not fire; the others go on', {
      schedule: name,
      task,
      problem,
      remedy: 'mend its row in the table schedule; one that is declared is put right by a restart',
    });
  }

  /** A schedule was fired: it is not broken any more. */
  mended(ids: readonly number[]): void {
    for (const id of ids) {
      const known = this.#episodes.get(id);
      if (known === undefined) continue;
      this.#episodes.delete(id);
      this.#logger.info('a schedule that was broken fires again', { schedule: known.name });
    }
  }

  /** Ids of all of them. */
  get all(): number[] {
    return [...this.#episodes.keys()];
  }

  /** Whether one of them is to be looked at again. */
  isDue(now: number): boolean {
    return this.due(now).length > 0;
  }

  /** Ids of those that are to be looked at again, those that wait for it longest first. */
  due(now: number): number[] {
    return [...this.#episodes]
      .filter(([, { until }]) => until <= now)
      .sort(([, one], [, other]) => one.until - other.until)
      .map(([id]) => id);
  }

  /** Their rows are no more. */
  removed(ids: readonly number[]): void {
    for (const id of ids) this.#episodes.delete(id);
  }

  /** Those that were looked at wait again, also when they were not found because they are paused or held by another runtime. */
  looked(ids: readonly number[], now: number): void {
    for (const id of ids) {
      const episode = this.#episodes.get(id);
      if (episode) this.#episodes.set(id, { ...episode, until: now + brokenRowMs });
    }
  }

  /** Those that are left out now. */
  leftOut(now: number): number[] {
    return [...this.#episodes].filter(([, { until }]) => until > now).map(([id]) => id);
  }

  /** Whether a schedule was named as broken and has not fired since. */
  has(name: string): boolean {
    return [...this.#episodes.values()].some((each) => each.name === name);
  }
}
