// Work that this worker does not know: in a rolling deploy the worker beside it does. It goes back to the queue with a growing
// delay, and is quarantined only after a time in which no worker that knows it was alive. That counts neither as attempt nor as
// crash (docs/decisions/0016).
import { formatMs } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import type { Logger } from '../log/logger.js';
import type { Settlement } from '../ports/broker.js';
import type { WorkerStatus } from '../ports/control.js';
import type { Seams } from '../seams.js';
import type { Refusal, Unknown, WorkerNeed } from './acceptance.js';

export interface UnknownWorkDeps {
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'random'>;
  /** The workers that are alive. */
  workers(): Promise<readonly WorkerStatus[]>;
  /** For how long an execution waits for a worker that knows it, in milliseconds. */
  readonly timeoutMs: number;
}

/** Delays grow from the first to the longest; a shorter timeout makes both shorter. */
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
/** Tasks that were named in the log already; forgotten when there are too many. */
const mostNamed = 1_000;

export class UnknownWork {
  readonly #deps: UnknownWorkDeps;
  readonly #named = new Set<string>();

  constructor(deps: UnknownWorkDeps) {
    this.#deps = deps;
  }

  /** Hands it back, or refuses it when its time is over. Never rejects. */
  async decide(unknown: Unknown): Promise<Settlement | Refusal> {
    const { timeoutMs } = this.#deps;
    const now = unknown.queueNow();
    const unknownSince = unknown.unknownSince ?? now;
    const waitedMs = Math.max(0, now - unknownSince);
    if (waitedMs >= timeoutMs && !(await this.#isKnownElsewhere(unknown.need))) {
      const message = `${unknown.error.message}; no worker that knows it has come within ${formatMs(timeoutMs)}`;
      const error = new SkepError(unknown.error.code, message);
      return { run: unknown.run, state: 'quarantined', error };
    }
    this.#name(unknown);
    return { kind: 'postpone', availableAt: now + this.#delayMs(waitedMs), unknownSince };
  }

  /** As long as it has waited so far, so that the time doubles; not beyond the time when it is to be quarantined. */
  #delayMs(waitedMs: number): number {
    const { timeoutMs, seams } = this.#deps;
    const first = Math.min(firstDelayMs, timeoutMs / 20);
    const longest = Math.min(longestDelayMs, timeoutMs / 10);
    const delay = Math.min(longest, Math.max(first, waitedMs));
    // Not all at one moment, and not in step with another worker that does not know it.
    const spread = delay * (0.5 + seams.random() / 2);
    const leftMs = timeoutMs - waitedMs;
    return Math.ceil(leftMs > 0 ? Math.min(spread, leftMs) : spread);
  }

  /** Who cannot be asked may be there. */
  async #isKnownElsewhere(need: WorkerNeed): Promise<boolean> {
    try {
      return (await this.#deps.workers()).some((status) => knows(status, need));
    } catch (error) {
      this.#deps.logger.warn('the other workers could not be asked what they know', { error });
      return true;
    }
  }

  #name({ run: { fields }, need, error }: Unknown): void {
    const { logger, timeoutMs } = this.#deps;
    const what = 'task' in need ? `task ${need.task}` : `envelope ${need.envelopeVersion}`;
    const message = 'handed back: waits for a worker that knows its task';
    const details = { ...fields, reason: error.message, quarantinedAfter: formatMs(timeoutMs) };
    logger[this.#named.has(what) ? 'debug' : 'warn'](message, details);
    if (this.#named.size >= mostNamed) this.#named.clear();
    this.#named.add(what);
  }
}

/** A worker of a version that does not say what it knows may know it. One that drains has a successor. */
function knows({ tasks, envelopeVersion, queues }: WorkerStatus, need: WorkerNeed): boolean {
  if ('envelopeVersion' in need) return (envelopeVersion ?? 1) >= need.envelopeVersion;
  const consumes = queues.some(({ name }) => name === need.queue);
  return consumes && (tasks === undefined || tasks.includes(need.task));
}
