// What is out of the embedded queue, and what befalls it there: it is cancelled, or wanted back at once.
import type { Interruption } from '../../../core/ports/broker.js';

type Listener = (why: Interruption) => void;

/** An execution that is out. */
export class Held {
  #listener: Listener | undefined;
  #untold: Interruption | undefined;
  #isInterrupted = false;
  /** It is to be available at once, however it was to be postponed. */
  isBroughtForward = false;

  onInterrupt(listener: Listener): void {
    this.#listener = listener;
    this.#tell();
  }

  /** Has the delivery told to end; at most once. */
  interrupt(why: Interruption): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#untold = why;
    this.#tell();
  }

  #tell(): void {
    if (this.#listener === undefined || this.#untold === undefined) return;
    const why = this.#untold;
    this.#untold = undefined;
    this.#listener(why);
  }
}

/** All that is out of this process, by id. */
export class HeldExecutions {
  readonly #held = new Map<string, Held>();
  readonly #whenEmpty: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** Has something done as soon as nothing is out. */
  whenEmpty(act: () => void): void {
    if (this.isEmpty) act();
    else this.#whenEmpty.push(act);
  }

  add(id: string): Held {
    const held = new Held();
    this.#held.set(id, held);
    return held;
  }

  find(id: string): Held | undefined {
    return this.#held.get(id);
  }

  /** Nothing is done when the id is out again as another. */
  remove(id: string, held: Held): void {
    if (this.#held.get(id) === held) this.#held.delete(id);
    if (this.isEmpty) for (const act of this.#whenEmpty.splice(0)) act();
  }
}
