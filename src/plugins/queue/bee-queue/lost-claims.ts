// What Redis has claimed for this process by calls whose answers were lost: nobody here knows of it, so it is handed back.
import type { Logger } from '../../../core/log/logger.js';
import type { HeldClaims } from './held-claims.js';
import type { Link } from './link.js';

export interface LostClaimsParts {
  /** First part of the keys of the queue. */
  readonly base: string;
  readonly link: Link;
  /** Tells the claims of this broker from those of others. */
  readonly instance: string;
  readonly held: HeldClaims;
  readonly logger: Logger;
  /** Of all lanes that are or were consumed. */
  suffixes(): readonly string[];
  /** Redis has answered or not, and calls may be made again. */
  onSearched(): void;
}

/** Until Redis is asked again when it did not answer. */
const pauseMs = 250;

export class LostClaims {
  readonly #parts: LostClaimsParts;
  #areSuspected = false;
  #search: Promise<void> | undefined;

  constructor(parts: LostClaimsParts) {
    this.#parts = parts;
  }

  /** There may be some; until they are handed back no call may be made, whose claims would be taken for lost. */
  suspect(): void {
    this.#areSuspected = true;
  }

  get areSuspected(): boolean {
    return this.#areSuspected;
  }

  /** The search that is under way. */
  get search(): Promise<void> | undefined {
    return this.#search;
  }

  /** Must not be called while a call is under way. */
  handBack(): void {
    this.#search ??= this.#handBack().finally(() => {
      this.#search = undefined;
      const { onSearched } = this.#parts;
      if (this.#areSuspected) setTimeout(onSearched, pauseMs).unref();
      else onSearched();
    });
  }

  async #handBack(): Promise<void> {
    const { link, base, instance, held, logger } = this.#parts;
    const suffixes = this.#parts.suffixes();
    const known = held.all.map(({ suffix, id, fence }) => `${suffix}${id}|${fence}`);
    try {
      const words = [suffixes.length, ...suffixes, ...known];
      const executions = await link.commands.scripts.handBackUnknown(base, instance, ...words);
      this.#areSuspected = false;
      if (executions > 0) logger.info('handed back what a lost answer had claimed', { executions });
    } catch {
      // Redis is away; asked again after a pause.
    }
  }
}
