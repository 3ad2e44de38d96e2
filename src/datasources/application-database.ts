// The application's database for services of plugins: outside runs, on a few connections that stay open.
import type { EntityManager } from 'typeorm';
import type { Logger } from '../core/log/logger.js';
import type { SessionOptions } from './engine.js';
import { LeasePool } from './lease-pool.js';
import { LeaseUse } from './lease-use.js';
import { endless } from './permits.js';
import type { Dialect, ScopedDataSource } from './scoped-data-source.js';
import type { Source } from './source.js';

/** Resolved from the root container: `container.resolve(injectionToken(ApplicationDatabase))`. Opens nothing before its first use. */
export abstract class ApplicationDatabase implements ScopedDataSource {
  abstract readonly name: string;
  abstract readonly dialect: Dialect;
  /**
   * Whether a write of this database would wait for a transaction inside which the calling code was begun: on a SQLite file,
   * inside a transaction of the run. Awaited inside that transaction, such a write never begins.
   */
  abstract readonly callerExcludesWriters: boolean;
  abstract use<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  abstract transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
}

export interface ServicePoolOptions {
  /** Connections beside those of runs. */
  readonly max: number;
  readonly acquireTimeoutMs: number;
  /** How long one of them may lie unused. */
  readonly idleMs: number;
  readonly session: SessionOptions;
}

/** Connections of a source for services, apart from those of runs: neither waits for the other. */
export class ServiceDatabase extends ApplicationDatabase {
  readonly #source: Source;
  readonly #pool: LeasePool;

  constructor(source: Source, options: ServicePoolOptions, logger: Logger) {
    super();
    this.#source = source;
    this.#pool = new LeasePool({ source: source.name, engine: source.engine, logger, ...options });
  }

  get name(): string {
    return this.#source.name;
  }

  get dialect(): Dialect {
    return this.#source.engine.dialect;
  }

  get callerExcludesWriters(): boolean {
    return this.#source.engine.callerExcludesWriters?.() ?? false;
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.use((manager) => manager.transaction(work));
  }

  async use<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { definition, engine, orm } = this.#source;
    const lease = await this.#pool.acquire(endless);
    const { connection } = lease;
    let isClean = false;
    try {
      const use = new LeaseUse({
        source: definition.name,
        readOnly: definition.readOnly,
        engine,
        connection,
        runner: await orm.runnerOn(connection),
        gate: engine.gate(connection, endless),
        assertOpen: () => undefined,
      });
      try {
        return await work(use.manager);
      } finally {
        isClean = (await use.end()) === 'clean';
      }
    } catch (error) {
      throw engine.explain(error, connection) ?? error;
    } finally {
      void (isClean ? this.#pool.giveBack(lease) : this.#pool.end(lease, 'discard'));
    }
  }

  /** Closes its connections. Safe to call twice. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
