// What the code of a run sees of its clock, on whichever thread it runs.
import type { Interrupt } from './interruptions.js';

export interface Clock {
  /** When the nearest limit is due, milliseconds since the run began. */
  readonly limitMs: number | undefined;
  readonly signal: AbortSignal;
  /** The latest reason to end; it may be a later one than the reason of the signal, which stays as it was first set. */
  readonly interruption: Interrupt | undefined;
  /** Has `listener` told when the run must be ended by force: at its hard limit, or when it ignored another interruption. */
  onAbandoned(listener: () => void): void;
  /** The code begins: from now on its limits count. */
  begin(): void;
  /** Ends the watch. Safe to call twice. */
  dispose(): void;
}
