// The fence of a run: a number that is greater for a later attempt, and another for each run of the same attempt.
import type { Seams } from '../seams.js';

const runsOfAnAttempt = 2 ** 32;

/** A fence for a new run of this attempt (from 1); a safe integer up to attempt 2^21. */
export function newFence(attempt: number, { random }: Pick<Seams, 'random'>): number {
  return firstFence(attempt) + 1 + Math.floor(random() * (runsOfAnAttempt - 1));
}

/** No run of this attempt has a smaller one, and no run of an earlier one has it or a greater. */
export function firstFence(attempt: number): number {
  return attempt * runsOfAnAttempt;
}
