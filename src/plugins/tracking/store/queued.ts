// Records that queues have executions: soon and together. Nothing depends on it: what begins is known to have been
// queued, and what neither begins nor is known to be queued is queued again by the reconciler.
import type { Logger } from '../../../core/log/logger.js';
import { executionById, listOf, listParameter } from './bulk.js';
import type { StoreDatabase } from './store-database.js';

/** Long enough that most short executions have begun, and need it no more. */
const waitMs = 20;
const mostAtOnce = 1_000;

export class Queued {
  readonly #database: StoreDatabase;
  readonly #logger: Logger;
  readonly #ids = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: StoreDatabase, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
    this.#timer ??= setTimeout(() => this.#flush(), waitMs);
  }

  /** It has begun: that it was queued says nothing any more. */
  forget(id: string): void {
    this.#ids.delete(id);
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const all = [...this.#ids].sort();
    this.#ids.clear();
    for (let at = 0; at < all.length; at += mostAtOnce) {
      const ids = all.slice(at, at + mostAtOnce);
      try {
        await this.#database.use((manager, dialect) =>
          manager.query(
            `UPDATE ${executionById(dialect)} SET status = 'queued' WHERE id IN ${listOf(dialect)} AND status = 'pending'`,
            [listParameter(dialect, ids)],
          ),
        );
      } catch (error) {
        this.#logger.warn('recording that executions are queued failed', { error });
      }
    }
  }
}
