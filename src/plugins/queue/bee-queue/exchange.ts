// The exchange of one queue with Redis: settlements of many runs and claims for their slots travel together.
import type { Logger } from '../../../core/log/logger.js';
import { settleWithin } from '../../../core/within.js';
import { type Call, type SettlementText, type Settling, wordsOf } from './call.js';
import { type Claim, claimsIn } from './claim.js';
import type { Scripts } from './client.js';
import type { ConsumerSlots } from './consumer-slots.js';
import { HeldClaims } from './held-claims.js';
import type { Link } from './link.js';
import { LostClaims } from './lost-claims.js';
import { isBroken, queueClosed } from './redis-errors.js';

export interface ExchangeParts {
  /** First part of the keys of the queue. */
  readonly base: string;
  readonly link: Link;
  /** Tells the claims of this broker from those of others. */
  readonly instance: string;
  readonly worker: string;
  readonly keepFinished: number;
  readonly logger: Logger;
  /** Hands a claim to its consumer. */
  deliver(claim: Claim, slots: ConsumerSlots): void;
  laneOf(suffix: string): string;
  /** Of all lanes that are or were consumed. */
  suffixes(): readonly string[];
  /** What delayed jobs are to be looked for at a time; a consumer has nothing to do until then. */
  onQuiet(slots: ConsumerSlots, nextDue: number): void;
}

/** Calls that are under way at one time: while Redis works on one, this process works on the answer of the other. */
const mostCalls = 2;
const largestBatch = 500;
/**
 * Deliveries that are begun in one turn of the event loop. Measured at 20 and at 100 slots: with fewer, each call carries
 * too little; with more, Redis and this process wait for each other.
 */
const portionOf = (concurrency: number): number => Math.max(10, Math.ceil(concurrency / 4));
const firstPauseMs = 250;
const longestPauseMs = 5_000;

/** Until the next try after so many failures. */
const pauseMs = (failures: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));

export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #consumers = new Set<ConsumerSlots>();
  readonly #held = new HeldClaims();
  readonly #lost: LostClaims;
  readonly #calls = new Set<Promise<void>>();
  #settling: Settling[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #closed = false;
  /** Calls that failed since the last one that did not. */
  #failures = 0;
  /** Once for each time that it begins to refuse. */
  #isRefusalTold = false;
  #pauseUntil = 0;
  #answeredAt = performance.now();

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#lost = new LostClaims({ ...parts, held: this.#held, onSearched: () => this.wake() });
  }

  /** What this process holds. */
  get held(): readonly Claim[] {
    return this.#held.all;
  }

  add(slots: ConsumerSlots): void {
    if (this.#consumers.size === 0) this.#answeredAt = performance.now();
    this.#consumers.add(slots);
    slots.options.share?.onFree(() => {
      slots.arrived();
      this.wake();
    });
    this.wake();
  }

  remove(slots: ConsumerSlots): void {
    this.#consumers.delete(slots);
  }

  /** Milliseconds since Redis answered a call; there is one a second while there are consumers. */
  get silenceMs(): number {
    return this.#consumers.size === 0 ? 0 : performance.now() - this.#answeredAt;
  }

  /** Has it looked for claims that nobody here knows of: a call may reach Redis after its connection was given up. */
  review(): void {
    this.#lost.suspect();
    this.wake();
  }

  /** Asks for a call at the end of this turn. */
  wake(): void {
    if (!this.#closed) this.#scheduled ??= setImmediate(() => this.#flush());
  }

  /** Resolves when it is written; false when the claim is not held any more. */
  settle(claim: Claim, slots: ConsumerSlots, text: SettlementText): Promise<boolean> {
    if (this.#closed) return Promise.reject(queueClosed());
    return new Promise((resolve, reject) => {
      this.#settling.push({ claim, slots, text, resolve, reject });
      this.wake();
    });
  }

  /** The claim belongs to another worker now. */
  forget(claim: Claim): void {
    this.#held.remove(claim);
  }

  /** Writes what was settled before, for at most `timeoutMs`; refuses the rest. */
  async close(timeoutMs: number): Promise<void> {
    this.#consumers.clear();
    await settleWithin(() => this.#drain(), timeoutMs);
    this.#closed = true;
    clearImmediate(this.#scheduled);
    for (const { reject } of this.#settling.splice(0)) reject(queueClosed());
  }

  async #drain(): Promise<void> {
    for (;;) {
      this.#flush();
      const going = [...this.#calls, ...(this.#lost.search ? [this.#lost.search] : [])];
      if (going.length === 0 && this.#settling.length === 0) return;
      await Promise.race([...going, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (!this.#parts.link.isReady || performance.now() < this.#pauseUntil) return;
    if (this.#lost.areSuspected) {
      if (this.#calls.size === 0) this.#lost.handBack();
      return;
    }
    while (this.#calls.size < mostCalls) {
      const slots = this.#nextConsumer();
      if (this.#settling.length === 0 && slots === undefined) return;
      this.#send(this.#settling.splice(0, largestBatch), slots);
    }
  }

  /** In turn, so that one that is always hungry does not starve another. */
  #nextConsumer(): ConsumerSlots | undefined {
    for (const slots of this.#consumers) {
      if (!slots.wantsCall) continue;
      this.#consumers.delete(slots);
      this.#consumers.add(slots);
      return slots;
    }
    // One whose slots are about to be freed by what is being settled.
    return this.#settling.find(({ slots }) => this.#consumers.has(slots))?.slots;
  }

  #send(settling: readonly Settling[], slots: ConsumerSlots | undefined): void {
    for (const { claim, slots: own } of settling) own.leave(claim);
    const call = { settling, slots, ...(slots?.reserve() ?? { wanted: 0, popped: [] }) };
    const going = this.#exchange(call).finally(() => {
      this.#calls.delete(going);
      if (this.#failures === 0) this.wake();
    });
    this.#calls.add(going);
  }

  async #exchange(call: Call): Promise<void> {
    const { link, base } = this.#parts;
    try {
      const words = wordsOf(call, this.#parts, this.#maySuspect());
      const answer = await link.commands.scripts.exchange(base, ...words);
      this.#failures = 0;
      this.#isRefusalTold = false;
      this.#answeredAt = performance.now();
      this.#answered(call, answer);
    } catch (error) {
      this.#failed(call, error);
    }
  }

  /** One suspect at a time, in all calls together. */
  #maySuspect(): boolean {
    return this.#calls.size === 0 && !this.#held.hasSuspect;
  }

  #answered(
    { settling, slots, wanted }: Call,
    [results, words, paused, nextDue, more]: Awaited<ReturnType<Scripts['exchange']>>,
  ): void {
    settling.forEach(({ claim, resolve }, index) => {
      this.forget(claim);
      resolve(results[index] === 1);
    });
    if (slots === undefined) return;
    const claims = claimsIn(words, this.#parts.laneOf);
    slots.answered({
      asked: wanted,
      claimed: claims.length,
      isPaused: paused === 1,
      hasMore: more === 1,
      nextDue: Number(nextDue),
    });
    for (const claim of claims) {
      slots.add(claim);
      this.#held.add(claim);
    }
    this.#deliver(claims, slots);
    if (!slots.wantsCall) this.#parts.onQuiet(slots, Number(nextDue));
  }

  /** In portions: while the later ones are performed, Redis has the settlements of the earlier ones. */
  #deliver(claims: readonly Claim[], slots: ConsumerSlots): void {
    // Claimed by a call that was under way when the consumer was stopped: handed back as it came.
    if (slots.isStopped) {
      for (const claim of claims)
        this.settle(claim, slots, ['B', '', '', '']).catch(() => undefined);
      return;
    }
    const portion = portionOf(slots.options.concurrency);
    for (const claim of claims.slice(0, portion)) this.#parts.deliver(claim, slots);
    if (claims.length <= portion) return;
    setImmediate(() => {
      this.#flush();
      this.#deliver(claims.slice(portion), slots);
    });
  }

  #failed({ settling, slots, wanted, popped }: Call, error: unknown): void {
    this.#lost.suspect();
    slots?.failed(wanted, popped);
    for (const { claim, slots: own, reject } of settling) {
      own.return(claim);
      reject(error);
    }
    this.#failures += 1;
    const { link, logger, base } = this.#parts;
    if (!this.#isRefusalTold && !isBroken(error) && link.isReady) {
      this.#isRefusalTold = true;
      logger.error('Redis refuses to settle and claim, trying again', { error, keys: base });
    }
    this.#pauseUntil = performance.now() + pauseMs(this.#failures);
    setTimeout(() => this.wake(), pauseMs(this.#failures)).unref();
  }
}
