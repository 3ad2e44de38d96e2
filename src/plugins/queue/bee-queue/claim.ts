// A claim of this process, and the record of a claim as it stands in Redis.
import type { AttemptReport, ExecutionState } from '../../../core/execution.js';
import type { Interruption } from '../../../core/ports/broker.js';
import { isRecord, parsed } from './job.js';

/** An execution that this process holds. */
export interface Claim {
  readonly lane: string;
  readonly suffix: string;
  readonly id: string;
  readonly fence: number;
  readonly crashes: number;
  readonly job: string;
  readonly cancelled: boolean;
  /** Who held it when it crashed last; empty when it did not. */
  readonly crashedOn: string;
  /** As in the port. */
  readonly unknownSince: number | undefined;
  /** Tells the delivery that it should end early: at once, or as soon as it listens. */
  readonly interrupts: InterruptLine;
}

/** From who learns that a delivery should end early to who performs it. Told once. */
export class InterruptLine {
  #listener: ((why: Interruption) => void) | undefined;
  #why: Interruption | undefined;
  #isTold = false;

  tell(why: Interruption): void {
    // That it is lost is news for one that was cancelled, too.
    if (this.#why === why) return;
    this.#why = why;
    this.#isTold = false;
    this.#pass();
  }

  listen(listener: (why: Interruption) => void): void {
    this.#listener = listener;
    this.#pass();
  }

  #pass(): void {
    if (this.#why === undefined || this.#isTold || this.#listener === undefined) return;
    this.#isTold = true;
    this.#listener(this.#why);
  }
}

/** What a claim record says to a person. */
export interface ClaimView {
  readonly state: ExecutionState;
  readonly attempt: number;
  readonly crashes: number;
  readonly unknownSince?: number;
  readonly startedAt?: number;
  readonly worker?: string;
  readonly report?: Omit<AttemptReport, 'attempt'>;
}

const record = /^\d+\|([HE])\|[^|]*\|(\d+)\|(\d+)\|(\d+)\|(.*)$/s;

export function readClaimView(text: string | null): ClaimView | undefined {
  const [, state, crashes, attempt, startedAt, rest = ''] = record.exec(text ?? '') ?? [];
  if (state === undefined) return undefined;
  const counts = { attempt: Number(attempt), crashes: Number(crashes) };
  if (state === 'H') {
    return { state: 'running', ...counts, startedAt: Number(startedAt), worker: rest };
  }
  const [, unknownSince] = /^unknown:(\d+)$/.exec(rest) ?? [];
  if (unknownSince !== undefined) {
    return { state: 'queued', ...counts, unknownSince: Number(unknownSince) };
  }
  const report = rest === '' ? undefined : parsed(rest);
  if (!isRecord(report)) return { state: 'queued', ...counts };
  // Written by the settlement of a retry.
  const { attempt: _, ...known } = report as unknown as AttemptReport;
  return { state: 'retrying', ...counts, report: known };
}

/** Words of the answer of `exchange` for each claim. */
const wordsPerClaim = 8;

/** The claims in an answer of the script `exchange` (scripts/exchange.ts names the words). */
export function claimsIn(
  words: readonly (string | number)[],
  laneOf: (suffix: string) => string,
): Claim[] {
  const claims: Claim[] = [];
  for (let at = 0; at < words.length; at += wordsPerClaim) {
    const suffix = String(words[at]);
    claims.push({
      lane: laneOf(suffix),
      suffix,
      id: String(words[at + 1]),
      job: String(words[at + 2]),
      fence: Number(words[at + 3]),
      crashes: Number(words[at + 4]),
      cancelled: words[at + 5] === 1,
      crashedOn: String(words[at + 6]),
      unknownSince: words[at + 7] === '' ? undefined : Number(words[at + 7]),
      interrupts: new InterruptLine(),
    });
  }
  return claims;
}
