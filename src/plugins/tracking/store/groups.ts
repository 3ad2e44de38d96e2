// Grouped writes: calls of one kind that come while others are being written go together, each with an answer of its own.
import { setImmediate as turn } from 'node:timers/promises';
import { SkepError } from '../../../core/errors/skep-error.js';
import { QueryFailedError } from '../../../datasources/index.js';
import type { Permits } from './permits.js';

/** More than this many rows, or about this much text, are written in more than one group. */
const mostRows = 500;
const mostCharacters = 2 ** 22;

/** Answer for an item whose row somebody else has locked: it goes with a later group, and keeps nobody waiting. */
export const busyRow = Symbol('busy row');
const busyPauseMs = 20;
const busyPatienceMs = 2_000;

interface Size {
  readonly rows: number;
  readonly characters: number;
}

/** One call: what is written together or not at all. */
interface Call<Item, Answer> {
  /** Until when it may be put off, on the clock of `performance.now()`. */
  readonly until: number;
  readonly item: Item;
  readonly size: Size;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupParts<Item, Answer> {
  /** How many groups of all kinds may be under way at one time. */
  readonly permits: Permits;
  /** Writes the items, all or none, and answers for each of them in their order. */
  readonly write: (items: readonly Item[]) => Promise<readonly (Answer | typeof busyRow)[]>;
  /** Two items of one key do not go into one group. */
  readonly keyOf?: (item: Item) => string;
  /** Asked once of each. */
  readonly sizeOf: (item: Item) => Size;
}

export class Groups<Item, Answer> {
  readonly #parts: GroupParts<Item, Answer>;
  #waiting: Call<Item, Answer>[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(parts: GroupParts<Item, Answer>) {
    this.#parts = parts;
  }

  /** Resolves when it is written. @throws SkepError `SKEP_STORE_CLOSED`, and what writing it throws. */
  add(item: Item): Promise<Answer> {
    if (this.#closed) return Promise.reject(storeClosed());
    return new Promise((resolve, reject) => {
      const size = this.#parts.sizeOf(item);
      this.#push({ item, size, until: performance.now() + busyPatienceMs, resolve, reject });
    });
  }

  /** Refuses what comes from now on, and waits for what came before. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  #push(call: Call<Item, Answer>): void {
    this.#waiting.push(call);
    this.#writing ??= this.#writeAll();
  }

  #putOff(call: Call<Item, Answer>): void {
    if (performance.now() > call.until) {
      call.reject(rowBusy());
      return;
    }
    setTimeout(() => {
      if (this.#closed) call.reject(storeClosed());
      else this.#push(call);
    }, busyPauseMs);
  }

  async #writeAll(): Promise<void> {
    // Those who call in the same turn go together from the first.
    await turn();
    while (this.#waiting.length > 0) {
      const release = await this.#parts.permits.take();
      try {
        await this.#write(this.#nextGroup());
      } finally {
        release();
      }
    }
    this.#writing = undefined;
  }

  #nextGroup(): Call<Item, Answer>[] {
    const { keyOf } = this.#parts;
    const group: Call<Item, Answer>[] = [];
    const later: Call<Item, Answer>[] = [];
    const keys = new Set<string>();
    let rows = 0;
    let characters = 0;
    for (const call of this.#waiting) {
      const { size } = call;
      const key = keyOf?.(call.item);
      const isFull = rows + size.rows > mostRows || characters + size.characters > mostCharacters;
      if ((isFull && group.length > 0) || (key !== undefined && keys.has(key))) {
        later.push(call);
        continue;
      }
      group.push(call);
      if (key !== undefined) keys.add(key);
      rows += size.rows;
      characters += size.characters;
    }
    this.#waiting = later;
    return group;
  }

  /**
   * What the database refuses is looked for by halves, so that it takes nobody's answer away but its own; a database that
   * cannot be reached is the same for all. Never rejects.
   */
  async #write(calls: readonly Call<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#parts.write(calls.map(({ item }) => item));
      for (const [index, call] of calls.entries()) {
        const answer = answers[index] as Answer | typeof busyRow;
        if (answer === busyRow) this.#putOff(call);
        else call.resolve(answer);
      }
    } catch (error) {
      if (calls.length === 1 || !(error instanceof QueryFailedError)) {
        for (const { reject } of calls) reject(error);
        return;
      }
      const half = Math.ceil(calls.length / 2);
      await this.#write(calls.slice(0, half));
      await this.#write(calls.slice(half));
    }
  }
}

export function rowBusy(): Error {
  return new Error('somebody else has locked the record of the execution');
}

export function storeClosed(): SkepError {
  return new SkepError('SKEP_STORE_CLOSED', 'the record of executions is closed');
}
