// What the main thread and the thread that watches its event loop tell each other.
import type { RunFields } from '../../log/run-fields.js';
import type { RunningExecution } from '../../ports/control.js';

/** To the thread, at its start; milliseconds. */
export interface WatchSettings {
  readonly thresholdMs: number;
  readonly beatMs: number;
  readonly urgentMs: number;
}

/** To the thread, at every turn of the heart: the loop goes round. */
export interface Beat {
  /** Runs that are going on, the newest of them. */
  readonly running: readonly RunningExecution[];
  /** The main thread may be paused for a look; not so while a person debugs it. */
  readonly mayPause: boolean;
}

/** What the main thread was at while its loop did not turn. */
export interface Culprit {
  /** The run that the code belongs to; absent outside of runs. */
  readonly run?: RunFields;
  /** The innermost calls first. */
  readonly stack: readonly string[];
}

/** From the thread: the loop turns again. */
export interface Block {
  /** Since the last turn, milliseconds. */
  readonly blockedMs: number;
  /** Absent when the main thread could not be looked at. */
  readonly culprit?: Culprit;
  /** Runs that were going on at the last turn. */
  readonly running: readonly RunningExecution[];
}

export type FromThread = { readonly kind: 'watching' } | ({ readonly kind: 'block' } & Block);
