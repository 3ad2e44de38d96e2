// The application's database as the store uses it: in short transactions that are tried again where another one
// was in their way.
import type { EntityManager } from 'typeorm';
import { type ApplicationDatabase, QueryFailedError } from '../../../datasources/index.js';
import { type StoreDialect, storeDialect } from './rows.js';

/** A group that loses this often loses for another reason than its timing. */
const mostTries = 5;
const lostRaces = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);

export class StoreDatabase {
  readonly dialect: StoreDialect;
  readonly #database: ApplicationDatabase;

  /** @throws SkepError `SKEP_DATASOURCE_URL` when it is of an engine that has no tables of tracking. */
  constructor(database: ApplicationDatabase) {
    this.#database = database;
    this.dialect = storeDialect(database);
  }

  /** Statements that commit by themselves. */
  use<T>(work: (manager: EntityManager, dialect: StoreDialect) => Promise<T>): Promise<T> {
    return againWhenLost(() => this.#database.use((manager) => work(manager, this.dialect)));
  }

  /** All or nothing. READ COMMITTED, so that only rows that are written are locked, and no gaps between them. */
  transaction<T>(work: (manager: EntityManager, dialect: StoreDialect) => Promise<T>): Promise<T> {
    const within = (manager: EntityManager): Promise<T> => work(manager, this.dialect);
    return againWhenLost(() =>
      this.dialect === 'sqlite'
        ? this.#database.transaction(within)
        : this.#database.use((manager) => manager.transaction('READ COMMITTED', within)),
    );
  }
}

async function againWhenLost<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= mostTries || !lostRaces.has(driverCode(error))) throw error;
    }
  }
}

/** The code that the driver gave to an error of a statement. */
export function driverCode(error: unknown): string {
  if (!(error instanceof QueryFailedError)) return '';
  const { code } = error.driverError as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
