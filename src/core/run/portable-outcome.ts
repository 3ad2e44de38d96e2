// An outcome on its way between threads: its error as a record, which is all that is kept of it anyway.
import type { Outcome, RecordedError } from '../execution.js';
import { receiveRecorded, recordError } from './recorded-error.js';

/** An outcome that another thread can be handed. */
export type PortableOutcome =
  | Extract<Outcome, { readonly kind: 'return' } | { readonly state: 'success' }>
  | (Exclude<Outcome, { readonly kind: 'return' } | { readonly state: 'success' }> & {
      readonly error: RecordedError;
    });

export function portableOutcome(decided: Outcome): PortableOutcome {
  return 'error' in decided ? { ...decided, error: recordError(decided.error) } : decided;
}

/** The outcome that came from another thread. */
export function receiveOutcome(decided: PortableOutcome): Outcome {
  return 'error' in decided ? { ...decided, error: receiveRecorded(decided.error) } : decided;
}
