// Envelopes and settlements for tests of brokers.
import type { Envelope } from '../../src/core/envelope.js';
import type { AttemptReport, FinalState } from '../../src/core/execution.js';
import type { Enqueue, Settlement } from '../../src/core/ports/broker.js';
import type { WorkerStatus } from '../../src/core/ports/control.js';
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

/** What a worker tells of itself. */
export function workerStatus(changes: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    id: 'test:1',
    host: 'test',
    pid: 1,
    version: '0.0.0',
    startedAt: 1_000,
    beatAt: 2_000,
    state: 'running',
    queues: [{ name: 'default', concurrency: 10 }],
    slots: 10,
    running: [{ executionId: 'e-1', task: 'noop', attempt: 1, startedAt: 1_500 }],
    finished: 7,
    eventLoopLagMs: 1.5,
    memoryBytes: 100_000_000,
    ...changes,
  };
}
