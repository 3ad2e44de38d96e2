// Retention: forgets finished executions that are too old or too many, in small batches that ride in the group commit.
import { hasCode } from '../../../core/errors/skep-error.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Seams } from '../../../core/seams.js';
import type { ControlStore } from './control-store.js';
import type { GroupCommit } from './group-commit.js';
import type { Store } from './store.js';
import type { UniqueKeys } from './unique-keys.js';

/** How much history of finished executions is kept. */
export interface HistoryLimits {
  /** Milliseconds. */
  readonly maxAgeMs: number;
  /** The newest so many; a batch more while it gathers. */
  readonly maxCount: number;
}

export const defaultHistory: HistoryLimits = { maxAgeMs: 7 * 86_400_000, maxCount: 10_000 };

export interface RetentionParts {
  readonly store: Pick<Store, 'countFinished' | 'prune'>;
  readonly uniques: Pick<UniqueKeys, 'prune'>;
  readonly control: Pick<ControlStore, 'prune'>;
  readonly group: Pick<GroupCommit, 'add'>;
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now'>;
  readonly limits: HistoryLimits;
}

const batchSize = 200;
const ageCheckMs = 60_000;

/** Works in the owner of the data folder only. */
export class Retention {
  readonly #parts: RetentionParts;
  #count = 0;
  #pruneAt = 0;
  #isPruning = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#count = this.#parts.store.countFinished();
    this.#timer ??= setInterval(() => void this.#recount(), ageCheckMs).unref();
    void this.#prune();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** One more execution is final. */
  finished(): void {
    if (this.#timer === undefined) return;
    this.#count += 1;
    if (this.#count >= this.#pruneAt) void this.#prune();
  }

  /** Other processes have ended executions too: by cancelling them. */
  async #recount(): Promise<void> {
    const { group, store, logger } = this.#parts;
    try {
      this.#count = await group.add(() => store.countFinished());
    } catch (error) {
      if (!hasCode(error, 'SKEP_BROKER_CLOSED'))
        logger.warn('counting executions failed', { error });
    }
    await this.#prune();
  }

  async #prune(): Promise<void> {
    if (this.#isPruning) return;
    this.#isPruning = true;
    try {
      await this.#pruneExpired();
      let pruned: number;
      do pruned = await this.#pruneBatch();
      while (pruned === batchSize || (pruned > 0 && this.#isDue));
    } catch (error) {
      if (!hasCode(error, 'SKEP_BROKER_CLOSED')) {
        this.#parts.logger.warn('forgetting old executions failed, later again', { error });
      }
    }
    // What could not be pruned, or is not there, is not tried again for each execution that ends.
    this.#pruneAt = (this.#isDue ? this.#count : this.#parts.limits.maxCount) + batchSize;
    this.#isPruning = false;
  }

  /** Whether there is a whole batch more than is kept. Executions end while others are pruned. */
  get #isDue(): boolean {
    return this.#count >= this.#parts.limits.maxCount + batchSize;
  }

  async #pruneExpired(): Promise<void> {
    const { group, uniques, control, seams } = this.#parts;
    await group.add(() => {
      uniques.prune(seams.now());
      control.prune(seams.now());
    });
  }

  async #pruneBatch(): Promise<number> {
    const { group, store, seams, limits } = this.#parts;
    const surplus = this.#count - limits.maxCount;
    const pruned = await group.add(() =>
      surplus > 0
        ? store.prune(Number.MAX_SAFE_INTEGER, Math.min(surplus, batchSize))
        : store.prune(seams.now() - limits.maxAgeMs, batchSize),
    );
    this.#count -= pruned;
    return pruned;
  }
}
