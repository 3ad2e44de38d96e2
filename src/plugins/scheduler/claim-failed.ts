// The failure of a claim that was nobody's alone.
import type { DueSchedule } from './store/due.js';

/** None of the due schedules could be fired: a schedule may be at fault, or the database. */
export class ClaimFailed extends Error {
  /** Names of the due schedules. */
  readonly schedules: readonly string[];

  constructor(schedules: readonly DueSchedule[], cause: unknown) {
    super(problemOf(cause), { cause });
    this.schedules = schedules.map(({ name }) => name);
  }
}

export const problemOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
