// One finding of `skep doctor`: what was found of a thing, or what is wrong with it. Each has an end.
import { formatMs } from '../core/duration.js';
import { problemsOf, SkepError } from '../core/errors/skep-error.js';
import type { Finding } from '../core/host/probe.js';
import type { BrokerWarning } from '../core/ports/broker.js';
import { NotInTime, within } from '../core/within.js';

/** What was found of one thing, or what is wrong with it. */
export type Examined = { readonly name: string } & (Found | { readonly problem: SkepError });

export interface Found extends Finding {
  /** It works, and something should be known of it. */
  readonly warnings?: readonly BrokerWarning[];
}

/** Longer than a connection and a round trip may take, so that their own errors come first. */
const defaultTimeoutMs = 45_000;

/**
 * Examines one thing, for a bounded time: a diagnosis that does not end is none. Never rejects.
 * @param timeoutMs how long it may take, in milliseconds. @default 45_000
 */
export async function examine(
  name: string,
  look: () => Promise<Found>,
  timeoutMs = defaultTimeoutMs,
): Promise<Examined> {
  try {
    return { name, ...(await within(look, timeoutMs)) };
  } catch (error) {
    const problem = error instanceof NotInTime ? noAnswer(name, error) : problemsOf(error)[0];
    return { name, problem: problem ?? new SkepError('SKEP_INTERNAL', String(error)) };
  }
}

function noAnswer(name: string, { timeoutMs }: NotInTime): SkepError {
  const message = `${name} gave no answer within ${formatMs(timeoutMs)}`;
  return new SkepError('SKEP_CONNECT_FAILED', message);
}
