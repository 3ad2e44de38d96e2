// What a task sees of a data source.
import type { EntityManager } from 'typeorm';

export type Dialect = 'mariadb' | 'sqlite' | 'postgres' | 'mssql';

/**
 * A data source within one run. Nothing is opened until the first use; after the run every method throws `SKEP_SCOPE_CLOSED`. What is
 * unfinished when `run` returns is cut off, and fails the attempt with `SKEP_WORK_NOT_AWAITED`.
 */
export interface ScopedDataSource {
  readonly name: string;
  /** The engine behind it, known from its URL without connecting. */
  readonly dialect: Dialect;
  /**
   * One lease, no transaction: each statement commits by itself. Await every statement before `work` returns.
   * @throws SkepError `SKEP_WORK_NOT_AWAITED` when one of them is unfinished then.
   */
  use<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  /**
   * One lease and one transaction: commits when `work` returns, rolls back when it throws. Await every statement before `work` returns.
   * @throws SkepError `SKEP_WORK_NOT_AWAITED` when one of them is unfinished then; it is rolled back.
   */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
}
