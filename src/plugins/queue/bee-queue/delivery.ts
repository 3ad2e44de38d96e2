// A delivery of bee-queue: what was claimed, and how its settlement is written under the fence of its claim.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Admission, Delivery, Interruption, Settlement } from '../../../core/ports/broker.js';
import type { FlowLimits } from '../../../core/tasks/flow-options.js';
import type { SettlementText } from './call.js';
import type { Claim } from './claim.js';
import type { ConsumerSlots } from './consumer-slots.js';
import type { Exchange } from './exchange.js';
import {
  finishedText,
  type Job,
  jobText,
  keptText,
  readJob,
  uniqueKeyOf,
  wholeTime,
} from './job.js';
import type { RedisClock } from './redis-clock.js';

export interface DeliveryParts {
  readonly exchange: Exchange;
  readonly clock: Pick<RedisClock, 'now'>;
  admit(claim: Claim, limits: FlowLimits): Promise<Admission>;
}

export class BeeDelivery implements Delivery {
  readonly id: string;
  readonly raw: unknown;
  readonly crashes: number;
  readonly cancelled: boolean;
  readonly crashedOn: string | undefined;
  readonly unknownSince: number | undefined;
  readonly #parts: DeliveryParts;
  readonly #claim: Claim;
  readonly #job: Job;
  readonly #slots: ConsumerSlots;
  #settled = false;
  /** A settlement was sent and its answer lost: it may have been written. */
  #unsure = false;

  constructor(parts: DeliveryParts, claim: Claim, slots: ConsumerSlots) {
    this.#parts = parts;
    this.#claim = claim;
    this.#slots = slots;
    this.id = claim.id;
    this.#job = readJob(claim.job);
    this.raw = this.#job.raw;
    this.crashes = claim.crashes;
    this.cancelled = claim.cancelled;
    this.unknownSince = claim.unknownSince;
    this.crashedOn = claim.crashedOn === '' ? undefined : claim.crashedOn;
  }

  now(): number {
    return this.#parts.clock.now();
  }

  admit(limits: FlowLimits): Promise<Admission> {
    return this.#parts.admit(this.#claim, limits);
  }

  onInterrupt(listener: (why: Interruption) => void): void {
    this.#claim.interrupts.listen(listener);
  }

  async settle(settlement: Settlement): Promise<void> {
    if (this.#settled) throw this.#stale();
    const text = this.#text(settlement);
    this.#settled = true;
    let isCurrent: boolean;
    try {
      isCurrent = await this.#parts.exchange.settle(this.#claim, this.#slots, text);
    } catch (error) {
      this.#settled = false;
      this.#unsure = true;
      throw error;
    }
    if (!isCurrent && !this.#unsure) throw this.#stale();
  }

  #text(settlement: Settlement): SettlementText {
    const { crashes } = this.#claim;
    switch (settlement.kind) {
      case 'final': {
        const { state, report } = settlement;
        const finished = finishedText(state, report, crashes);
        return [
          'F',
          finished,
          keptText(finished, state, report, crashes, this.#job),
          uniqueKeyOf(this.#job),
        ];
      }
      case 'retry': {
        const { envelope, availableAt, report } = settlement;
        const next = jobText(envelope, availableAt, this.#job.rest);
        return ['R', next, String(wholeTime(availableAt)), JSON.stringify(report)];
      }
      case 'return':
        return ['B', '', '', ''];
      case 'postpone': {
        const { availableAt, unknownSince } = settlement;
        const since = unknownSince === undefined ? '' : String(wholeTime(unknownSince));
        return ['P', String(wholeTime(availableAt)), since, ''];
      }
    }
  }

  #stale(): SkepError {
    return new SkepError(
      'SKEP_STALE_DELIVERY',
      `the delivery of ${this.id} was settled before, or belongs to another worker`,
    );
  }
}
