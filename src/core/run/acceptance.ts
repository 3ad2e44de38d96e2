// Acceptance: from what a broker delivered to an attempt that may run, or to how it is settled without running.
import { z } from 'zod';
import { queueOfLane } from '../dispatch/lanes.js';
import { type Envelope, newerVersion, parseEnvelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { FinalState } from '../execution.js';
import { deepestJson, isTooDeep } from '../json-depth.js';
import type { RunFields } from '../log/run-fields.js';
import type { Delivery } from '../ports/broker.js';
import type { Seams } from '../seams.js';
import { parsePayload, type WaitForSchema } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskRecord } from '../tasks/task-record.js';
import type { Attempt } from './attempt.js';
import { newFence } from './fence.js';
import { ExecutionCancelled } from './interruptions.js';
import type { RecordedRun } from './run-recorder.js';

/** What of a delivery a run needs; `skep run` has no more than the first three. */
export type Delivered = Pick<Delivery, 'id' | 'raw' | 'crashes'> &
  Partial<
    Pick<Delivery, 'crashedOn' | 'cancelled' | 'unknownSince' | 'now' | 'admit' | 'onInterrupt'>
  >;

/** Not to be run: final at once. */
export interface Refusal {
  readonly run: RecordedRun;
  readonly state: FinalState;
  readonly error: unknown;
}

/** What a worker has to know, to perform an execution. */
export type WorkerNeed =
  | { readonly task: string; readonly queue: string }
  | { readonly envelopeVersion: number };

/** Nobody here can perform it; another worker of the queue may. */
export interface Unknown {
  readonly run: RecordedRun;
  readonly error: SkepError;
  readonly need: WorkerNeed;
  /** Since when it waits for such a worker, by the clock of the queue; undefined when it did not wait before. */
  readonly unknownSince: number | undefined;
  queueNow(): number;
}

export interface AcceptanceParts {
  readonly registry: TaskRegistry;
  readonly seams: Seams;
  readonly worker: string;
}

/** What {@link AwaitSchema} throws when the answer of a payload schema is not waited for any longer. */
export class SchemaCutOff extends Error {
  constructor(readonly reason: Error) {
    super(reason.message);
  }
}

/** Makes the function that waits for the schema of an attempt, for as long as its run may take. */
export type AwaitSchema = (fields: RunFields, startedAt: number) => WaitForSchema;

/**
 * Envelope, task, limits of time and crashes, payload: all that must be in order before a run. Never rejects.
 * @param awaitSchema waits for a payload schema that answers later; when absent, at most 30 s.
 */
export async function accept(
  { registry, seams, worker }: AcceptanceParts,
  delivered: Delivered,
  awaitSchema?: AwaitSchema,
): Promise<Attempt | Refusal | Unknown> {
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
    const version = newerVersion(raw);
    if (version !== undefined) {
      const known = whatIsKnown(raw);
      assertOwnId(id, known.fields.executionId ?? id);
      fields = { ...fields, ...known.fields };
      tracked = known.tracked;
      if (cancelled) throw new ExecutionCancelled();
      throw new UnknownHere(
        thrownBy(() => parseEnvelope(raw)),
        { envelopeVersion: version },
      );
    }
    const envelope = parseEnvelope(raw);
    const { id: executionId, task, expiresAt } = envelope;
    assertOwnId(id, executionId);
    assertWritable(envelope);
    tracked = envelope.tracked === true;
    const allCrashes = crashes + (envelope.crashes ?? 0);
    fields = { ...fields, executionId, task, attempt: envelope.attempt + allCrashes };
    fence = newFence(fields.attempt, seams);
    if (cancelled) throw new ExecutionCancelled();
    // What has begun before is brought to its end.
    const isFirst = fields.attempt === 1;
    if (isFirst && expiresAt !== undefined && queueNow() > expiresAt) {
      throw expired(expiresAt);
    }
    const record = registry.find(task);
    if (record === undefined) {
      const need = { task, queue: queueOfLane(envelope.queue) };
      throw new UnknownHere(
        thrownBy(() => registry.get(task)),
        need,
      );
    }
    if (allCrashes > record.maxCrashes) throw crashedTooOften(allCrashes, crashedOn, record);
    const attempt = { fields, tracked, fence, envelope, record, startedAt, queueNow };
    try {
      const wait = awaitSchema?.(fields, startedAt);
      return { ...attempt, payload: await parsePayload(record, envelope.payload, wait) };
    } catch (error) {
      if (!(error instanceof SchemaCutOff)) throw error;
      return { ...attempt, payload: undefined, cutOff: error.reason };
    }
  } catch (error) {
    const run = { fields, tracked, fence };
    if (!(error instanceof UnknownHere)) return { run, state: refusedState(error), error };
    const { reason, need } = error;
    // Without a queue there is no other worker.
    if (delivered.now === undefined) return { run, state: 'quarantined', error: reason };
    return { run, error: reason, need, unknownSince: delivered.unknownSince, queueNow };
  }
}

/** An envelope under another id than its own is none: what it says of an execution is not what that one was given. */
function assertOwnId(delivered: string, named: string): void {
  if (named === delivered) return;
  const message = `the delivery ${delivered} holds the envelope of another execution`;
  throw new SkepError('SKEP_ENVELOPE_INVALID', message);
}

/** A retry writes the envelope again, with the fields that this version does not know. The payload is judged by itself. */
function assertWritable(envelope: Envelope): void {
  const isWritable = Object.entries(envelope).every(
    ([name, value]) => name === 'payload' || typeof value !== 'object' || !isTooDeep(value),
  );
  if (isWritable) return;
  const message = `a field of the envelope is nested more than ${deepestJson} levels deep`;
  throw new SkepError('SKEP_ENVELOPE_INVALID', message);
}

/** Thrown and caught here. */
class UnknownHere extends Error {
  constructor(
    readonly reason: SkepError,
    readonly need: WorkerNeed,
  ) {
    super(reason.message);
  }
}

function thrownBy(act: () => unknown): SkepError {
  try {
    act();
  } catch (error) {
    if (error instanceof SkepError) return error;
  }
  return new SkepError('SKEP_INTERNAL', 'what is not known here is known after all');
}

/** Of an envelope of a newer version: what has always been there. */
function whatIsKnown(raw: unknown): { fields: Partial<RunFields>; tracked: boolean } {
  const parsed = newerEnvelope.safeParse(raw);
  if (!parsed.success) return { fields: {}, tracked: false };
  const { id: executionId, task, tracked } = parsed.data;
  return { fields: { executionId, task }, tracked: tracked === true };
}

const newerEnvelope = z.looseObject({
  id: z.string().min(1).max(128),
  task: z.string().min(1).max(128),
  tracked: z.unknown(),
});

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
