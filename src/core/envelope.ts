// The envelope: the JSON record of an attempt that travels through a broker.
import { z } from 'zod';
import { SkepError } from './errors/skep-error.js';
import type { JsonValue } from './json.js';

/** The newest version of an envelope that this version of Skep reads. Raised when an older one must not perform it. */
export const envelopeVersion = 1;

/** Loose: a field of a newer version is kept, and passed on with the rest. */
const envelopeSchema = z.looseObject({
  v: z.literal(envelopeVersion),
  id: z.string().min(1).max(128),
  task: z.string().min(1).max(128),
  queue: z.string().min(1).max(72),
  /** It came through JSON.parse or will have to; a deep walk would cost more than all the rest. */
  payload: z.custom<JsonValue>((value) => value !== undefined),
  /** 1 + retries used so far. The number of an attempt is this plus the crashes of the delivery. */
  attempt: z.int().min(1),
  dispatchedAt: z.number(),
  scheduledFor: z.number().optional(),
  triggeredBy: z.string().max(256),
  parent: z.string().max(128).optional(),
  expiresAt: z.number().optional(),
  unique: z.looseObject({ key: z.string().max(128), until: z.number().optional() }).optional(),
  tracked: z.literal(true).optional(),
  crashes: z.int().min(1).optional(),
  schedule: z.string().max(128).optional(),
  replayOf: z.string().max(128).optional(),
  userId: z.string().max(64).optional(),
  onlyAttempt: z.literal(true).optional(),
});

/**
 * The JSON record of an attempt that travels through a broker. Times are milliseconds since 1970 UTC. What came from a broker
 * may have further fields, of a newer version: whoever makes an envelope from another one keeps them.
 */
export interface Envelope {
  readonly v: 1;
  readonly id: string;
  readonly task: string;
  /** The lane: queue and priority in one (dispatch/lanes.ts). */
  readonly queue: string;
  readonly payload: JsonValue;
  readonly attempt: number;
  readonly dispatchedAt: number;
  readonly scheduledFor?: number | undefined;
  readonly triggeredBy: string;
  readonly parent?: string | undefined;
  /** Not begun by then: `skipped`. */
  readonly expiresAt?: number | undefined;
  /** The key that it alone holds: until it is final, or until a time. */
  readonly unique?: { readonly key: string; readonly until?: number | undefined } | undefined;
  /** The execution store has a record of it, whatever its task says by now. */
  readonly tracked?: true | undefined;
  /** Crashes beside those that its queue knows of: the queue had lost it, and it was queued again. */
  readonly crashes?: number | undefined;
  /** Name of the schedule that asked for it; `scheduledFor` is the tick. */
  readonly schedule?: string | undefined;
  /** The execution that it repeats. */
  readonly replayOf?: string | undefined;
  /** The user for whom it is, by the application's own id. */
  readonly userId?: string | undefined;
  /** One attempt by the process that asked for it, as `skep run` makes it: it enters no queue, and no other attempt follows. */
  readonly onlyAttempt?: true | undefined;
}

/**
 * Reads what a broker delivered; fields that this version does not know are kept.
 * @throws SkepError `SKEP_ENVELOPE_NEWER` when only a newer version may read it; `SKEP_ENVELOPE_INVALID` when it is none.
 */
export function parseEnvelope(raw: unknown): Envelope {
  const version = newerVersion(raw);
  if (version !== undefined) {
    const message = `the envelope has version ${version}; this Skep reads up to ${envelopeVersion}`;
    throw new SkepError('SKEP_ENVELOPE_NEWER', message);
  }
  const parsed = envelopeSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SkepError('SKEP_ENVELOPE_INVALID', z.prettifyError(parsed.error));
}

/** The version of an envelope of which this version of Skep knows no more; undefined for all else. */
export function newerVersion(raw: unknown): number | undefined {
  // Asked of every delivery: a schema would make an error, with its stack, of each that is in order.
  const v = typeof raw === 'object' && raw !== null && 'v' in raw ? raw.v : undefined;
  return Number.isSafeInteger(v) && Number(v) > envelopeVersion ? Number(v) : undefined;
}
