// What is written of one enqueued envelope, checked before it meets the other operations of a transaction.
import type { Envelope } from '../../../core/envelope.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Enqueue } from '../../../core/ports/broker.js';

export interface Entry {
  readonly envelope: Envelope;
  readonly json: string;
  /** Whole milliseconds since 1970 UTC. */
  readonly availableAt: number;
}

/** @throws SkepError `SKEP_PAYLOAD_INVALID` when the envelope is not JSON, `SKEP_DISPATCH_INVALID`. */
export function entryOf({ envelope, availableAt }: Enqueue): Entry {
  const at = wholeMs(availableAt);
  return { envelope, json: json(envelope), availableAt: at };
}

/** Rounded up: never delivered before its time. @throws SkepError `SKEP_DISPATCH_INVALID`. */
export function wholeMs(time: number): number {
  const rounded = Math.ceil(time);
  if (Number.isSafeInteger(rounded)) return rounded;
  throw new SkepError('SKEP_DISPATCH_INVALID', `${time} is not a time to start at`);
}

function json(envelope: Envelope): string {
  try {
    return JSON.stringify(envelope);
  } catch (error) {
    throw new SkepError(
      'SKEP_PAYLOAD_INVALID',
      `the payload of ${envelope.task} (${envelope.id}) is not JSON`,
      { cause: error },
    );
  }
}
