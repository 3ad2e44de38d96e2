// Wraps any broker and fakes an outage: until `restore()` every call rejects, and nothing is delivered or settled.
import type { ExecutionView } from '../../src/core/execution.js';
import type {
  Broker,
  BrokerFacts,
  Cancellation,
  ConsumeOptions,
  Consumer,
  Delivery,
  Enqueue,
  ExecutionFilter,
  QueueView,
} from '../../src/core/ports/broker.js';
import type { WorkerStatus } from '../../src/core/ports/control.js';

export class FlakyBroker implements Broker {
  readonly name: string;
  readonly shared: boolean;
  readonly missingFile = undefined;
  readonly #broker: Broker;
  #outage: Error | undefined;
  #restored: () => void = () => {};
  #whenRestored: Promise<void> = Promise.resolve();

  constructor(broker: Broker) {
    this.#broker = broker;
    this.name = `flaky ${broker.name}`;
    this.shared = broker.shared;
  }

  /** From now on every call rejects with this error. */
  fail(error: Error = new Error('the broker is out of reach')): void {
    this.#outage = error;
    this.#whenRestored = new Promise((resolve) => {
      this.#restored = resolve;
    });
  }

  /** Ends the outage; what would have been delivered meanwhile is delivered now. */
  restore(): void {
    this.#outage = undefined;
    this.#restored();
  }

  open(): Promise<void> {
    return this.#call(() => this.#broker.open());
  }

  now(): number {
    return this.#broker.now();
  }

  get clockAheadMs(): number | undefined {
    return this.#broker.clockAheadMs;
  }

  enqueue(entries: readonly Enqueue[]): Promise<readonly string[]> {
    return this.#call(() => this.#broker.enqueue(entries));
  }

  own(): Promise<void> {
    return this.#call(() => this.#broker.own());
  }

  consume(options: ConsumeOptions): Promise<Consumer> {
    const deliver = async (delivery: Delivery): Promise<void> => {
      while (this.#outage !== undefined) await this.#whenRestored;
      await options.deliver({
        ...delivery,
        now: () => delivery.now(),
        admit: (limits) => this.#call(() => delivery.admit(limits)),
        settle: (settlement) => this.#call(() => delivery.settle(settlement)),
      });
    };
    return this.#call(() => this.#broker.consume({ ...options, deliver }));
  }

  queues(): Promise<QueueView[]> {
    return this.#call(() => this.#broker.queues());
  }

  pause(queue: string): Promise<void> {
    return this.#call(() => this.#broker.pause(queue));
  }

  resume(queue: string): Promise<void> {
    return this.#call(() => this.#broker.resume(queue));
  }

  cancel(id: string): Promise<Cancellation> {
    return this.#call(() => this.#broker.cancel(id));
  }

  announce(status: WorkerStatus, validMs: number): Promise<void> {
    return this.#call(() => this.#broker.announce(status, validMs));
  }

  withdraw(): Promise<void> {
    return this.#call(() => this.#broker.withdraw());
  }

  workers(): Promise<WorkerStatus[]> {
    return this.#call(() => this.#broker.workers());
  }

  examine(): Promise<BrokerFacts> {
    return this.#call(() => this.#broker.examine());
  }

  find(id: string): Promise<ExecutionView | undefined> {
    return this.#call(() => this.#broker.find(id));
  }

  holds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#call(() => this.#broker.holds(ids));
  }

  list(filter: ExecutionFilter): Promise<ExecutionView[]> {
    return this.#call(() => this.#broker.list(filter));
  }

  waitForFinal(id: string, signal?: AbortSignal): Promise<ExecutionView> {
    return this.#call(() => this.#broker.waitForFinal(id, signal));
  }

  waitForEmpty(signal?: AbortSignal): Promise<void> {
    return this.#call(() => this.#broker.waitForEmpty(signal));
  }

  /** Never fails: letting go needs nobody else. */
  close(): Promise<void> {
    return this.#broker.close();
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    if (this.#outage !== undefined) throw this.#outage;
    return call();
  }
}
