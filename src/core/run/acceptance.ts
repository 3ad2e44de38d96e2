// Acceptance: from what a broker delivered to an attempt that may run, or to how it is settled without running.
import { parseEnvelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { FinalState } from '../execution.js';
import type { RunFields } from '../log/run-fields.js';
import type { Delivery } from '../ports/broker.js';
import type { Seams } from '../seams.js';
import { parsePayload } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskRecord } from '../tasks/task-record.js';
import type { Attempt } from './attempt.js';
import { newFence } from './fence.js';
import { ExecutionCancelled } from './interruptions.js';
import type { RecordedRun } from './run-recorder.js';

/** What of a delivery a run needs; `skep run` has no more than the first three. */
export type Delivered = Pick<Delivery, 'id' | 'raw' | 'crashes'> &
  Partial<Pick<Delivery, 'crashedOn' | 'cancelled' | 'now' | 'admit' | 'onInterrupt'>>;

/** Not to be run: final at once. */
export interface Refusal {
  readonly run: RecordedRun;
  readonly state: FinalState;
  readonly error: unknown;
}

export interface AcceptanceParts {
  readonly registry: TaskRegistry;
  readonly seams: Seams;
  readonly worker: string;
}

/** Envelope, task, limits of time and crashes, payload: all that must be in order before a run. Never rejects. */
export async function accept(
  { registry, seams, worker }: AcceptanceParts,
  delivered: Delivered,
): Promise<Attempt | Refusal> {
  const { id, raw, crashes, crashedOn, cancelled } = delivered;
  const startedAt = seams.now();
  // `skep run` has no queue.
  const queueNow = (): number => delivered.now?.() ?? seams.now();
  let fields: RunFields = {
    executionId: id,
    task: 'unknown',
    attempt: crashes + 1,
    worker,
    jobId: id,
  };
  let tracked = false;
  let fence = newFence(fields.attempt, seams);
  try {
    const envelope = parseEnvelope(raw);
    const { id: executionId, task, expiresAt } = envelope;
    tracked = envelope.tracked === true;
    const allCrashes = crashes + (envelope.crashes ?? 0);
    fields = { ...fields, executionId, task, attempt: envelope.attempt + allCrashes };
    fence = newFence(fields.attempt, seams);
    if (cancelled) throw new ExecutionCancelled();
    const record = registry.get(task);
    if (allCrashes > record.maxCrashes) throw crashedTooOften(allCrashes, crashedOn, record);
    // What has begun before is brought to its end.
    const isFirst = fields.attempt === 1;
    if (isFirst && expiresAt !== undefined && queueNow() > expiresAt) {
      throw expired(expiresAt);
    }
    const payload = await parsePayload(record, envelope.payload);
    return { fields, tracked, fence, envelope, record, payload, startedAt, queueNow };
  } catch (error) {
    return { run: { fields, tracked, fence }, state: refusedState(error), error };
  }
}

/** What is beyond repair fails; what can be replayed once its cause is mended is quarantined. */
function refusedState(error: unknown): FinalState {
  const code = error instanceof SkepError ? error.code : undefined;
  if (code === 'SKEP_CANCELLED') return 'cancelled';
  if (code === 'SKEP_EXPIRED') return 'skipped';
  return code === 'SKEP_PAYLOAD_INVALID' ? 'failed' : 'quarantined';
}

function crashedTooOften(
  crashes: number,
  crashedOn: string | undefined,
  { maxCrashes }: TaskRecord,
): SkepError {
  const where = crashedOn === undefined ? '' : `, the last time on ${crashedOn}`;
  return new SkepError(
    'SKEP_CRASHED_TOO_OFTEN',
    `the process died ${crashes} times during this execution${where}; maxCrashes is ${maxCrashes}`,
  );
}

function expired(expiresAt: number): SkepError {
  const time = new Date(expiresAt).toISOString();
  return new SkepError('SKEP_EXPIRED', `the execution had not begun at ${time}, when it expired`);
}
