// What this process holds of one queue.
import type { Claim } from './claim.js';

/** From so many crashes on, executions are suspects (scripts/exchange.ts). */
const suspectFrom = 2;

export class HeldClaims {
  readonly #held = new Map<string, Claim>();

  get all(): readonly Claim[] {
    return [...this.#held.values()];
  }

  get hasSuspect(): boolean {
    for (const { crashes } of this.#held.values()) if (crashes >= suspectFrom) return true;
    return false;
  }

  /** An earlier claim of the same execution is lost with it. */
  add(claim: Claim): void {
    this.#held.get(key(claim))?.interrupts.tell('lost');
    this.#held.set(key(claim), claim);
  }

  /** Nothing is done when the execution is held by a later claim. */
  remove(claim: Claim): void {
    if (this.#held.get(key(claim)) === claim) this.#held.delete(key(claim));
  }
}

const key = ({ suffix, id }: Claim): string => `${suffix}|${id}`;
