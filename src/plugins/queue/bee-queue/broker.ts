// The bee-queue broker: queues on Redis in the layout of bee-queue, behind the broker port.
import { randomUUID } from 'node:crypto';
import { queueOfLane } from '../../../core/dispatch/lanes.js';
import { type Duration, durationMs } from '../../../core/duration.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { ExecutionView } from '../../../core/execution.js';
import type { Logger } from '../../../core/log/logger.js';
import type {
  Broker,
  BrokerFacts,
  Cancellation,
  ConsumeOptions,
  Consumer,
  Enqueue,
  ExecutionFilter,
  QueueView,
} from '../../../core/ports/broker.js';
import type { WorkerStatus } from '../../../core/ports/control.js';
import type { Seams } from '../../../core/seams.js';
import { Adding } from './adding.js';
import { Consumption } from './consumption.js';
import { Control } from './control.js';
import { examineServer } from './examine.js';
import { admit } from './flow.js';
import { Holding } from './holding.js';
import { Keys } from './keys.js';
import { Link } from './link.js';
import { Looking } from './looking.js';
import type { RedisOptions } from './options.js';
import { redisAddress } from './redis-address.js';
import { RedisClock } from './redis-clock.js';
import { queueClosed } from './redis-errors.js';
import { Upkeep } from './upkeep.js';
import { Waiters } from './waiters.js';

export interface BeeQueueBrokerOptions extends RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database. */
  readonly url: string;
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now'>;
  /** Name of this worker: host and process. */
  readonly worker: string;
  /**
   * How often what is older than `keepFinishedFor` is forgotten.
   * @default '15s'
   */
  readonly pruneEvery?: Duration;
}

/** How long a server that is just starting is waited for. */
const openWithinMs = 5_000;
/** How long open deliveries may still be settled when the broker is closed. */
const closeWithinMs = 2_000;

/** Queues on Redis, consumed by any number of processes on any number of machines. */
export class BeeQueueBroker implements Broker {
  readonly name = 'bee-queue';
  readonly shared = true;
  /** The queue is on a server. */
  readonly missingFile = undefined;
  readonly #options: BeeQueueBrokerOptions;
  readonly #timeoutMs: number;
  readonly #keys: Keys;
  readonly #link: Link;
  readonly #clock: RedisClock;
  readonly #looking: Looking;
  readonly #holding: Holding;
  readonly #waiters: Waiters;
  readonly #control: Control;
  readonly #adding: Adding;
  readonly #upkeep: Upkeep;
  /** By the first part of their keys. */
  readonly #consumptions = new Map<string, Consumption>();
  /** Tells this broker from every other, in this process and elsewhere. */
  readonly #instance = randomUUID();
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #closing: Promise<void> | undefined;

  /** @throws SkepError `SKEP_CONFIG_INVALID` when the URL is none of Redis. */
  constructor(options: BeeQueueBrokerOptions) {
    this.#options = options;
    const { url, tls, logger, seams, prefix, keepFinished } = options;
    const timeoutMs = durationMs(options.dispatchTimeout);
    const keys = new Keys(prefix);
    const link = new Link({ address: redisAddress(url, tls), logger });
    const clock = new RedisClock({ link, seams, timeoutMs });
    const looking = new Looking({ link, keys, clock, timeoutMs });
    this.#timeoutMs = timeoutMs;
    this.#keys = keys;
    this.#link = link;
    this.#clock = clock;
    this.#looking = looking;
    this.#holding = new Holding({ link, keys, timeoutMs, onLost: () => this.#adding.forget() });
    this.#waiters = new Waiters({ link, keys, looking });
    this.#adding = new Adding({ link, keys, timeoutMs });
    this.#control = new Control({
      link,
      keys,
      looking,
      seams,
      clock,
      timeoutMs,
      keepFinished,
      worker: options.worker,
      onCancel: (id) => {
        for (const each of this.#consumptions.values()) each.interrupt(id, 'cancelled');
      },
      onResume: () => {
        for (const each of this.#consumptions.values()) each.wake();
      },
    });
    this.#upkeep = new Upkeep({
      link,
      keys,
      instance: this.#instance,
      stallMs: durationMs(options.stallInterval as Duration),
      keepFinishedMs: durationMs(options.keepFinishedFor as Duration),
      pruneEveryMs: durationMs(options.pruneEvery ?? '15s'),
      logger,
      announce: (lanes) => this.#adding.announce(lanes),
    });
  }

  /** @throws SkepError `SKEP_QUEUE_UNREACHABLE`, `SKEP_QUEUE_REFUSED`, `SKEP_QUEUE_UNFIT`. */
  async open(): Promise<void> {
    if (this.#closing !== undefined) throw queueClosed();
    this.#opening ??= this.#open();
    await this.#opening;
  }

  async #open(): Promise<void> {
    await this.#link.open(openWithinMs);
    await this.#clock.measure();
    const { warnings } = await examineServer(this.#link, this.#timeoutMs);
    for (const { message, remedy } of warnings) this.#options.logger.warn(message, { remedy });
    await this.#control.open();
    this.#isOpen = true;
  }

  async enqueue(entries: readonly Enqueue[]): Promise<readonly string[]> {
    this.#assertOpen();
    const ids = await this.#adding.add(entries);
    this.#holding.know(entries.map(({ envelope }) => envelope.queue));
    return ids;
  }

  now(): number {
    return this.#clock.now();
  }

  get clockAheadMs(): number | undefined {
    return this.#clock.aheadMs;
  }

  async own(): Promise<void> {
    this.#assertOpen();
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen();
    const bases = new Set(options.lanes.map((lane) => this.#keys.lane(lane).base));
    if (bases.size > 1) {
      throw new SkepError('SKEP_INTERNAL', `lanes of several queues: ${options.lanes.join(', ')}`);
    }
    const [base = ''] = bases;
    const consumption = this.#consumption(base);
    await this.#adding.announce(options.lanes);
    const consumer = await consumption.consume(options);
    this.#upkeep.watch(consumption, options.lanes);
    return consumer;
  }

  async queues(): Promise<QueueView[]> {
    this.#assertOpen();
    return this.#looking.queues();
  }

  async pause(queue: string): Promise<void> {
    this.#assertOpen();
    await this.#adding.announce([queueOfLane(queue)]);
    await this.#control.pause(queueOfLane(queue));
  }

  async resume(queue: string): Promise<void> {
    this.#assertOpen();
    await this.#control.resume(queueOfLane(queue));
  }

  async cancel(id: string): Promise<Cancellation> {
    this.#assertOpen();
    return this.#control.cancel(id);
  }

  async announce(status: WorkerStatus, validMs: number): Promise<void> {
    this.#assertOpen();
    await this.#control.announce(status, validMs);
  }

  async withdraw(): Promise<void> {
    this.#assertOpen();
    await this.#control.withdraw();
  }

  async workers(): Promise<WorkerStatus[]> {
    this.#assertOpen();
    return this.#control.workers();
  }

  async find(id: string): Promise<ExecutionView | undefined> {
    this.#assertOpen();
    return this.#looking.find(id);
  }

  async holds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    this.#assertOpen();
    return this.#holding.holds(ids);
  }

  async list(filter: ExecutionFilter): Promise<ExecutionView[]> {
    this.#assertOpen();
    return this.#looking.list(filter);
  }

  async waitForFinal(id: string, signal?: AbortSignal): Promise<ExecutionView> {
    this.#assertOpen();
    return this.#waiters.final(id, signal);
  }

  async waitForEmpty(signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    return this.#waiters.empty(signal);
  }

  async examine(): Promise<BrokerFacts> {
    this.#assertOpen();
    const facts = await examineServer(this.#link, this.#timeoutMs);
    await this.#clock.measure();
    const { aheadMs } = this.#clock;
    return aheadMs === undefined ? facts : { ...facts, clockAheadMs: aheadMs };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A server that does not answer is not waited for: without its connections the opening ends at once.
    if (!this.#isOpen) this.#link.close();
    // Opening that failed has told its caller.
    await this.#opening?.catch(() => undefined);
    this.#isOpen = false;
    this.#waiters.refuse(queueClosed());
    await Promise.all(
      [...this.#consumptions.values()].map((consumption) => consumption.close(closeWithinMs)),
    );
    await this.#adding.close(closeWithinMs);
    this.#upkeep.close();
    this.#link.close();
  }

  #consumption(base: string): Consumption {
    const known = this.#consumptions.get(base);
    if (known) return known;
    const { worker, logger, keepFinished } = this.#options;
    const [link, keys, clock] = [this.#link, this.#keys, this.#clock];
    const timeoutMs = this.#timeoutMs;
    const instance = this.#instance;
    const made = new Consumption(base, {
      link,
      keys,
      instance,
      worker,
      keepFinished,
      stallMs: durationMs(this.#options.stallInterval as Duration),
      clock,
      logger,
      admit: (claim, limits) =>
        admit({ link, keys, instance, logger, clock, timeoutMs }, claim, limits),
    });
    this.#consumptions.set(base, made);
    return made;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw queueClosed();
    if (!this.#isOpen) throw new SkepError('SKEP_BROKER_CLOSED', 'the queue has not been opened');
  }
}
