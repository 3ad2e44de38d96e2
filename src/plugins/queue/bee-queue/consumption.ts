// Consumption of one queue: its exchange with Redis, and for each consumer what wakes it when something arrives.
import type { Logger } from '../../../core/log/logger.js';
import type { ConsumeOptions, Consumer, Interruption } from '../../../core/ports/broker.js';
import { ConsumerSlots } from './consumer-slots.js';
import { BeeDelivery, type DeliveryParts } from './delivery.js';
import { Exchange } from './exchange.js';
import { IdleWait } from './idle-wait.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { RedisClock } from './redis-clock.js';

export interface ConsumptionParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly instance: string;
  readonly worker: string;
  readonly keepFinished: number;
  readonly stallMs: number;
  readonly clock: Pick<RedisClock, 'now'>;
  readonly logger: Logger;
  readonly admit: DeliveryParts['admit'];
}

/** Whatever else should have woken it: a consumer looks at least so often. */
const lookMs = 1_000;
const longestTimerMs = 60_000;
/** A blocking pop is answered at least so often. */
const longestWaitMs = 2_000;

interface Consuming {
  readonly slots: ConsumerSlots;
  readonly waits: readonly IdleWait[];
  readonly timers: { looking: NodeJS.Timeout; due?: NodeJS.Timeout };
  readonly unlisten: readonly (() => void)[];
}

/** @param lanes of one queue: they share the first part of their keys. */
export class Consumption {
  readonly #parts: ConsumptionParts;
  readonly #consuming = new Map<ConsumerSlots, Consuming>();
  readonly #lanes = new Map<string, string>();
  readonly exchange: Exchange;

  constructor(
    readonly base: string,
    parts: ConsumptionParts,
  ) {
    this.#parts = parts;
    this.exchange = new Exchange({
      ...parts,
      base,
      deliver: (claim, slots) => {
        const delivery = new BeeDelivery(
          { exchange: this.exchange, clock: parts.clock, admit: parts.admit },
          claim,
          slots,
        );
        slots.options.deliver(delivery).catch((error: unknown) => {
          const message = 'a delivery was rejected and stays out until it is settled';
          parts.logger.error(message, { executionId: delivery.id, error });
        });
      },
      laneOf: (suffix) => this.#lanes.get(suffix) ?? suffix,
      suffixes: () => this.suffixes,
      onQuiet: (slots, nextDue) => this.#quiet(slots, nextDue),
    });
    parts.link.onReturn(() => this.wake());
  }

  /** The suffixes of the lanes that are or were consumed. */
  get suffixes(): readonly string[] {
    return [...this.#lanes.keys()];
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const { keys } = this.#parts;
    const suffixes = options.lanes.map((lane) => keys.lane(lane).suffix);
    for (const [index, lane] of options.lanes.entries())
      this.#lanes.set(suffixes[index] ?? '', lane);
    const slots = new ConsumerSlots(options, suffixes, this.#parts.stallMs / 2);
    const consuming: Consuming = {
      slots,
      waits: options.lanes.flatMap((lane) => this.#idleWait(lane, slots)),
      timers: { looking: setInterval(() => this.#look(slots), lookMs) },
      unlisten: await this.#listen(options, slots),
    };
    this.#consuming.set(slots, consuming);
    this.exchange.add(slots);
    return { stop: () => this.#stop(consuming) };
  }

  /** Something may have changed: asks Redis. */
  wake(): void {
    for (const slots of this.#consuming.keys()) slots.arrived();
    this.exchange.wake();
  }

  /** Tells the delivery of an execution, if it is out here. */
  interrupt(id: string, why: Interruption): void {
    for (const claim of this.exchange.held) if (claim.id === id) claim.interrupts.tell(why);
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#consuming.values()].map((each) => this.#stop(each)));
    await this.exchange.close(timeoutMs);
  }

  /** Redis gives urgent lanes no waiter of their own: it would take a connection each. They are told by a channel. */
  #idleWait(lane: string, slots: ConsumerSlots): IdleWait[] {
    const { link, keys } = this.#parts;
    const { suffix } = keys.lane(lane);
    if (suffix !== '') return [];
    return [
      new IdleWait({
        client: link.blocking(),
        waiting: keys.of(lane, 'waiting'),
        active: keys.of(lane, 'active'),
        isWanted: () => slots.isIdle && link.isReady,
        waitMs: Math.min(longestWaitMs, this.#parts.stallMs / 4),
        onPopped: (id, askedAt) => {
          slots.popped({ suffix, id, askedAt });
          this.exchange.wake();
        },
      }),
    ];
  }

  #listen(options: ConsumeOptions, slots: ConsumerSlots): Promise<(() => void)[]> {
    const { link, keys, clock } = this.#parts;
    const queues = [...new Set(options.lanes.map((lane) => `${keys.lane(lane).base}wake`))];
    const arrived = (): void => this.#look(slots);
    const earlier = (time: string): void => this.#dueAt(slots, Number(time) - clock.now());
    return Promise.all([
      ...queues.map((channel) => link.listen(channel, arrived)),
      ...options.lanes.map((lane) => link.listen(keys.of(lane, 'earlierDelayed'), earlier)),
    ]);
  }

  #look(slots: ConsumerSlots): void {
    slots.arrived();
    this.exchange.wake();
  }

  /** Nothing is there for it: waits for what comes. */
  #quiet(slots: ConsumerSlots, nextDue: number): void {
    const consuming = this.#consuming.get(slots);
    // A paused queue is looked at again once a second, and when it is resumed.
    if (consuming === undefined || slots.isStopped || slots.isPaused) return;
    if (nextDue >= 0) this.#dueAt(slots, nextDue - this.#parts.clock.now());
    if (slots.isIdle) for (const wait of consuming.waits) wait.begin();
  }

  #dueAt(slots: ConsumerSlots, delayMs: number): void {
    const timers = this.#consuming.get(slots)?.timers;
    if (timers === undefined || Number.isNaN(delayMs)) return;
    clearTimeout(timers.due);
    const waitMs = Math.min(longestTimerMs, Math.max(0, Math.ceil(delayMs)));
    timers.due = setTimeout(() => this.#look(slots), waitMs);
  }

  async #stop({ slots, waits, timers, unlisten }: Consuming): Promise<void> {
    slots.stop();
    this.#consuming.delete(slots);
    clearInterval(timers.looking);
    clearTimeout(timers.due);
    for (const end of unlisten) end();
    const { commands } = this.#parts.link;
    await Promise.all(
      waits.map((wait) => wait.stop((clientId) => commands.client('UNBLOCK', clientId))),
    );
    // What was popped in the last moment goes back with the next call.
    if (!slots.wantsCall) this.exchange.remove(slots);
    this.exchange.wake();
  }
}
