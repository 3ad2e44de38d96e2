// The isolation port: performs attempts where they can be ended by force, in a thread of their own.
import type { Envelope } from '../envelope.js';
import type { SkepError } from '../errors/skep-error.js';
import type { LedgerSummary, Outcome } from '../execution.js';
import type { RunFields } from '../log/run-fields.js';

export interface IsolatedAttempt {
  readonly envelope: Envelope;
  readonly fields: RunFields;
  /** Of the run, for what it records itself. */
  readonly fence: number;
}

export type IsolatedEnd =
  /** The run ended in the thread, which decided by the policy of the task. Errors are recorded ones. */
  | { readonly kind: 'decided'; readonly decided: Outcome; readonly ledger: LedgerSummary }
  /** The thread died by itself: `process.exit()`, memory exhausted. */
  | { readonly kind: 'died'; readonly error: SkepError; readonly ledger: LedgerSummary };

/** Why the run's signal is to abort. */
export type IsolatedInterruption =
  | { readonly kind: 'soft-limit'; readonly limitMs: number }
  | { readonly kind: 'stopping' | 'cancelled' | 'lost' };

/** How ending a run by force went. */
export interface Terminated {
  /** Nothing of it runs any more. False for a thread that native code holds and that could not be ended. */
  readonly gone: boolean;
  readonly ledger: LedgerSummary;
}

export interface IsolatedRun {
  /** Resolves when the run is over, disposal included. Never rejects; stays open after `terminate`. */
  readonly ended: Promise<IsolatedEnd>;
  /** Aborts the signal of the run. The latest interruption counts. */
  interrupt(why: IsolatedInterruption): void;
  /** Has the thread end the run's queries on their servers; the run itself may go on. Never rejects. */
  kill(): Promise<void>;
  /** Ends the run for certain, whatever its thread is doing: its queries on their servers, then its thread. Never rejects. */
  terminate(): Promise<Terminated>;
}

export interface Isolation {
  /**
   * Resolves when the run has begun; it may have to wait for a thread.
   * @throws the signal's reason when it aborts before the run has begun; SkepError when there can be no thread.
   */
  start(
    attempt: IsolatedAttempt,
    onProgress: (fraction: number, message: string | undefined) => void,
    signal: AbortSignal,
  ): Promise<IsolatedRun>;
  /** Ends all threads. Safe to call twice. */
  close(): Promise<void>;
}
