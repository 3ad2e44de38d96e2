// Envelopes and settlements for tests of brokers.
import type { Envelope } from '../../src/core/envelope.js';
import type { AttemptReport, FinalState } from '../../src/core/execution.js';
import type { Enqueue, Settlement } from '../../src/core/ports/broker.js';
import { systemSeams } from '../../src/core/seams.js';

/** An envelope with an id of its own, available now. */
export function entry(changes: Partial<Envelope> = {}, availableAt: number = Date.now()): Enqueue {
  const envelope: Envelope = {
    v: 1,
    id: systemSeams.newId(),
    task: 'noop',
    queue: 'default',
    payload: null,
    attempt: 1,
    dispatchedAt: Date.now(),
    triggeredBy: 'test',
    ...changes,
  };
  return { envelope, availableAt };
}

export function entries(count: number, changes: Partial<Envelope> = {}): Enqueue[] {
  return Array.from({ length: count }, () => entry(changes));
}

export const idOf = ({ envelope }: Enqueue): string => envelope.id;

export function report(changes: Partial<AttemptReport> = {}): AttemptReport {
  return {
    attempt: 1,
    worker: 'test:1',
    startedAt: 1_000,
    finishedAt: 2_000,
    ledger: { opened: 2, closed: 2, killed: 0, leaked: 0 },
    ...changes,
  };
}

export function final(
  state: FinalState = 'success',
  changes: Partial<AttemptReport> = {},
): Settlement {
  return { kind: 'final', state, report: report(changes) };
}

/** The next attempt of an envelope. */
export function retry(
  envelope: Envelope,
  availableAt: number,
  changes: Partial<AttemptReport> = {},
): Settlement {
  return {
    kind: 'retry',
    envelope: { ...envelope, attempt: envelope.attempt + 1 },
    availableAt,
    report: report(changes),
  };
}
