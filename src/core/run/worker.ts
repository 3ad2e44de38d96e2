// The worker: takes deliveries from the queues, has the runner perform them, settles them, drains.
import { setTimeout as sleep } from 'node:timers/promises';
import { lanesOf, queueOfLane } from '../dispatch/lanes.js';
import { hasCode } from '../errors/skep-error.js';
import type { Logger } from '../log/logger.js';
import type { Broker, Consumer, Delivery, Settlement } from '../ports/broker.js';
import { settleWithin } from '../within.js';
import { abortGraceMs } from './run-clock.js';
import type { Runner } from './runner.js';
import { Slots } from './slots.js';

export interface WorkerQueue {
  readonly name: string;
  /** Runs at one time. */
  readonly concurrency: number;
  /** Its part of the slots of the process while other queues have work too. */
  readonly weight: number;
}

export interface WorkerParts {
  readonly broker: Broker;
  readonly runner: Runner;
  readonly logger: Logger;
  readonly queues: readonly WorkerQueue[];
  /** Runs at one time over all queues; only their own concurrency counts when absent. */
  readonly slots?: number | undefined;
  /** How queues that hold work although nothing names them are consumed; not at all when absent. */
  readonly adopt?: Omit<WorkerQueue, 'name'> | undefined;
  /** How long a consumer may take to stop claiming; then the drain goes on without it. @default 5_000 */
  readonly stopTimeoutMs?: number;
}

/** How a drain went. */
export interface DrainReport {
  /** Runs that ended by themselves within the grace period. */
  readonly finished: number;
  /** Runs that were aborted and whose deliveries were handed back, or decided late. */
  readonly aborted: number;
  /** Runs whose delivery could not be settled: they count a crash and run again. */
  readonly unsettled: number;
}

/** How often it is looked whether work waits in a queue that nobody consumes. */
const adoptEveryMs = 5_000;
const defaultStopTimeoutMs = 5_000;
const firstSettleWaitMs = 50;
const longestSettleWaitMs = 2_000;
/** Beside the abort grace: time for disposal and settling of aborted runs. */
const settleGraceMs = 7_000;

/** Consumes queues until it is drained. */
export class Worker {
  readonly #parts: WorkerParts;
  #active = 0;
  #onIdle: () => void = () => undefined;
  readonly #queues = new Map<string, WorkerQueue>();
  readonly #slots: Slots | undefined;
  #finished = 0;
  readonly #consumers: Consumer[] = [];
  #adopting: NodeJS.Timeout | undefined;
  #draining = false;
  /** Runs that have ended since the drain began. */
  #endedInDrain = 0;
  #closing = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#slots = parts.slots === undefined ? undefined : new Slots(parts.slots);
  }

  /** The queues that are consumed. */
  get queues(): readonly WorkerQueue[] {
    return [...this.#queues.values()];
  }

  /** Runs that may go on at one time, over all queues. */
  get slots(): number {
    const sum = this.queues.reduce((total, { concurrency }) => total + concurrency, 0);
    return Math.min(sum, this.#parts.slots ?? sum);
  }

  /** Attempts that were decided since the start; what was handed back is not among them. */
  get finished(): number {
    return this.#finished;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Starts to claim. */
  async start(): Promise<void> {
    const { queues } = this.#parts;
    for (const queue of queues) await this.#consume(queue);
    if (this.#parts.adopt === undefined) return;
    await this.#adopt();
    this.#adopting = setInterval(() => void this.#adopt(), adoptEveryMs);
    this.#adopting.unref();
  }

  async #consume(queue: WorkerQueue): Promise<void> {
    const { name, concurrency, weight } = queue;
    this.#queues.set(name, queue);
    try {
      const consumer = await this.#parts.broker.consume({
        lanes: lanesOf(name),
        concurrency,
        ...(this.#slots ? { share: this.#slots.share(weight) } : {}),
        deliver: (delivery) => this.#deliver(delivery),
      });
      this.#consumers.push(consumer);
      // A drain that began meanwhile has not seen it.
      if (this.#draining) await this.#stopClaiming();
    } catch (error) {
      this.#queues.delete(name);
      throw error;
    }
  }

  /** What was dispatched to a queue that no task has any more must not wait for ever. */
  async #adopt(): Promise<void> {
    const { broker, logger, adopt } = this.#parts;
    try {
      for (const { name: lane, waiting, delayed, active } of await broker.queues()) {
        const name = queueOfLane(lane);
        if (adopt === undefined || this.#draining || this.#queues.has(name)) continue;
        // What is active may have lost its worker: who consumes the queue finds out.
        if (waiting + delayed + active === 0) continue;
        logger.warn('work waits in a queue that no task has; consuming it', { queue: name });
        await this.#consume({ name, ...adopt });
      }
    } catch (error) {
      logger.warn('looking for queues that nobody consumes failed', { error });
    }
  }

  /** Runs that are going on now. */
  get active(): number {
    return this.#active;
  }

  /**
   * Stops claiming at once, gives runs the grace period, then aborts them and hands their deliveries back.
   * @param graceMs how long runs may go on, in milliseconds.
   */
  async drain(graceMs: number): Promise<DrainReport> {
    this.#draining = true;
    clearInterval(this.#adopting);
    await this.#stopClaiming();
    await settleWithin(() => this.#idle(), graceMs);
    const finished = this.#endedInDrain;
    const aborted = this.#active;
    if (aborted > 0) {
      this.#parts.logger.warn('grace period over, aborting runs', { runs: aborted });
      this.#parts.runner.stop();
      await settleWithin(() => this.#idle(), abortGraceMs + settleGraceMs);
    }
    this.#closing = true;
    const unsettled = this.#active;
    return { finished, aborted: aborted - unsettled, unsettled };
  }

  /** What cannot be stopped does not keep the runs from their grace. */
  async #stopClaiming(): Promise<void> {
    const { logger, stopTimeoutMs = defaultStopTimeoutMs } = this.#parts;
    const stops = this.#consumers
      .splice(0)
      .map((consumer) => settleWithin(() => consumer.stop(), stopTimeoutMs));
    for (const error of await Promise.all(stops)) {
      if (error !== undefined) logger.error('a consumer did not stop', { error });
    }
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#active === 0) resolve();
    });
  }

  async #deliver(delivery: Delivery): Promise<void> {
    this.#active += 1;
    try {
      const settlement = await this.#parts.runner.perform(delivery);
      if ('report' in settlement) this.#finished += 1;
      await this.#settle(delivery, settlement);
    } catch (error) {
      this.#parts.logger.error('a delivery stays unsettled', { executionId: delivery.id, error });
    } finally {
      this.#active -= 1;
      if (this.#draining) this.#endedInDrain += 1;
      if (this.#active === 0) this.#onIdle();
    }
  }

  /** Settling is retried on its own: a broker blip never runs finished work again. */
  async #settle(delivery: Delivery, settlement: Settlement): Promise<void> {
    for (let waitMs = firstSettleWaitMs; ; waitMs = Math.min(longestSettleWaitMs, waitMs * 2)) {
      try {
        return await delivery.settle(settlement);
      } catch (error) {
        const { logger } = this.#parts;
        if (hasCode(error, 'SKEP_STALE_DELIVERY')) {
          logger.warn('a late settlement was refused', { executionId: delivery.id, error });
          return;
        }
        if (this.#closing || hasCode(error, 'SKEP_BROKER_CLOSED')) throw error;
        logger.warn('settling failed, trying again', { executionId: delivery.id, error });
        await sleep(waitMs);
      }
    }
  }
}
