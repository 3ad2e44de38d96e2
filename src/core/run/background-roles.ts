// The background roles of a runtime: begun in order, ended in reverse; one that fails takes no other with it.
import type { Role } from '../host/role.js';
import type { Logger } from '../log/logger.js';
import { settleWithin } from '../within.js';

/** A role that does not end in time is left behind. */
const stopTimeoutMs = 5_000;

export class BackgroundRoles {
  readonly #make: () => readonly Role[];
  readonly #logger: Logger;
  #waiting: Role[] = [];
  readonly #started: Role[] = [];

  /** @param make makes the roles, when the first of them are to begin. */
  constructor(make: () => readonly Role[], logger: Logger) {
    this.#make = make;
    this.#logger = logger;
  }

  /**
   * Begins those that every runtime has.
   * @throws what a role throws that cannot begin; those before it go on until `stop`.
   */
  async start(): Promise<void> {
    const all = this.#make();
    this.#waiting = all.filter(({ whenServing }) => whenServing);
    for (const role of all) if (!role.whenServing) await this.#begin(role);
  }

  /** Begins those of a runtime that serves. @throws as `start`. */
  async serve(): Promise<void> {
    for (const role of this.#waiting.splice(0)) await this.#begin(role);
  }

  /** Never rejects. Safe to call twice, and before the start. */
  async stop(): Promise<void> {
    this.#waiting = [];
    for (const role of this.#started.splice(0).reverse()) {
      const error = await settleWithin(() => role.stop(), stopTimeoutMs);
      if (error !== undefined)
        this.#logger.warn(`${role.name} did not end as it should`, { error });
    }
  }

  async #begin(role: Role): Promise<void> {
    this.#started.push(role);
    await role.start();
  }
}
