// A consumer for tests: keeps what is delivered until the test asks for it.
import type { Delivery } from '../../src/core/ports/broker.js';

export class Inbox {
  readonly #arrived: Delivery[] = [];
  readonly #asked: ((delivery: Delivery) => void)[] = [];

  /** To be given to `consume`. */
  readonly deliver = async (delivery: Delivery): Promise<void> => {
    const asked = this.#asked.shift();
    if (asked === undefined) this.#arrived.push(delivery);
    else asked(delivery);
  };

  /** Deliveries that nobody has asked for yet. */
  get size(): number {
    return this.#arrived.length;
  }

  /** The next delivery, as soon as it is there. */
  next(): Promise<Delivery> {
    const delivery = this.#arrived.shift();
    if (delivery !== undefined) return Promise.resolve(delivery);
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  async take(count: number): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }
}
