// A data source within one run, as tasks have it: nothing but its name before it is used.
import type { EntityManager } from 'typeorm';
import type { UseKind } from './lease-use.js';
import type { Dialect, ScopedDataSource } from './scoped-data-source.js';
import type { Source } from './source.js';
import { type OwningRun, SourceLeases } from './source-leases.js';

export class ScopedSource implements ScopedDataSource {
  readonly #source: Source;
  readonly #run: OwningRun;
  /** Most runs use few of all sources. */
  #leases: SourceLeases | undefined;

  constructor(source: Source, run: OwningRun) {
    this.#source = source;
    this.#run = run;
  }

  get name(): string {
    return this.#source.name;
  }

  get dialect(): Dialect {
    return this.#source.engine.dialect;
  }

  use<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#with('use', work, this.use);
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#with('transaction', work, this.transaction);
  }

  /** Ends what is at work on the server now. */
  async kill(): Promise<void> {
    await this.#leases?.kill();
  }

  #with<T>(
    kind: UseKind,
    work: (manager: EntityManager) => Promise<T>,
    entry: (...args: never[]) => unknown,
  ): Promise<T> {
    const lend = async (): Promise<T> => {
      this.#run.assertOpen(this.name);
      this.#leases ??= new SourceLeases(this.#source, this.#run);
      return this.#leases.lend(kind, work);
    };
    return this.#run.work.track(kind, this.name, lend, entry);
  }
}
