// Admission of deliveries under the limits that their tasks have over all workers (scripts/flow.ts).
import type { Logger } from '../../../core/log/logger.js';
import type { Admission } from '../../../core/ports/broker.js';
import type { FlowLimits } from '../../../core/tasks/flow-options.js';
import type { Claim } from './claim.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { RedisClock } from './redis-clock.js';

export interface FlowParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly instance: string;
  readonly logger: Logger;
  readonly clock: Pick<RedisClock, 'now'>;
  readonly timeoutMs: number;
}

/** Where Redis does not answer, nothing starts: a limit that is not known to hold does not hold. */
const askAgainMs = 1_000;

export async function admit(
  parts: FlowParts,
  claim: Claim,
  { task, concurrency, rate }: FlowLimits,
): Promise<Admission> {
  const { link, keys, logger, clock, timeoutMs } = parts;
  const { suffix, id } = claim;
  const fence = `${claim.fence}|${parts.instance}`;
  const { base } = keys.lane(claim.lane);
  const limits = [concurrency ?? 0, rate?.count ?? 0, rate?.windowMs ?? 0] as const;
  try {
    const askAgain = await link.send(
      (redis) => redis.scripts.admit(base, task, suffix, id, fence, ...limits),
      timeoutMs,
    );
    if (askAgain !== '0') return { admitted: false, availableAt: Number(askAgain) };
  } catch (error) {
    logger.warn('asking for a place under the limits of the task failed', { error, task });
    return { admitted: false, availableAt: clock.now() + askAgainMs };
  }
  return { admitted: true, release: () => release(parts, claim, task, concurrency) };
}

async function release(
  { link, keys, timeoutMs, logger, instance }: FlowParts,
  { lane, suffix, id, fence }: Claim,
  task: string,
  concurrency: number | undefined,
): Promise<void> {
  if (concurrency === undefined) return;
  const { base } = keys.lane(lane);
  try {
    await link.send(
      (redis) => redis.scripts.release(base, task, suffix, id, `${fence}|${instance}`),
      timeoutMs,
    );
  } catch (error) {
    // The place is void all the same as soon as the delivery is settled.
    logger.debug('giving back a place under the limits of the task failed', { error, task });
  }
}
