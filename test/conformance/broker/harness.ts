// What an adapter lends to the conformance suite: one store, and as many brokers on it as a test asks for.
import type { Broker } from '../../../src/core/ports/broker.js';

export interface BrokerHarness {
  /** Whether the store allows one consuming process only. */
  readonly hasOneConsumer: boolean;
  /** A further broker on the store, not open yet; to the adapter it looks like a process of its own. */
  make(): Broker;
  /** A further broker on the store, open. */
  open(): Promise<Broker>;
  /**
   * A further broker on the store, open, that soon takes over what a dead process held. Others take their time, so that a
   * test which stands still for a while is not taken for dead.
   */
  openSuccessor(): Promise<Broker>;
  /**
   * Has a process of its own consume `queue` until it holds `count` deliveries, does `meanwhile`, then kills it with
   * SIGKILL. Returns the ids that it held.
   */
  crashHolding(
    queue: string,
    count: number,
    meanwhile?: (ids: readonly string[]) => Promise<unknown>,
  ): Promise<string[]>;
  /** Queues a record that no Skep wrote, under an id. */
  plant(queue: string, id: string, record: string): Promise<void>;
  /** Closes the brokers and removes the store. */
  dispose(): Promise<void>;
}

/** The harness of the test that is running. */
export type CurrentHarness = () => BrokerHarness;
