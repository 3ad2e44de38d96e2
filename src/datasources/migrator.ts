// Brings the application's database to the state that the enabled plugins expect, or says why not.
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { SkepError } from '../core/errors/skep-error.js';
import type { Logger } from '../core/log/logger.js';
import { ConnectionError, notAllowed } from './errors.js';
import { LeaseUse } from './lease-use.js';
import { ownerOf } from './migrations.js';
import { endless } from './permits.js';
import type { Source } from './source.js';

export interface MigrationStatus {
  /** Names of migrations that the database lacks, in order. */
  readonly pending: readonly string[];
  /** Names of applied migrations that the enabled plugins do not know: their newer versions made them. */
  readonly unknown: readonly string[];
}

export interface MigratorParts {
  readonly source: Source;
  /** Recorded names of the migrations of the enabled plugins, in order. */
  readonly known: readonly string[];
  /** The enabled plugins; what others applied is left alone. */
  readonly owners: readonly string[];
  readonly logger: Logger;
}

/** Long enough for the migrations of another process. */
const lockWaitS = 600;

export class Migrator {
  readonly #parts: MigratorParts;

  constructor(parts: MigratorParts) {
    this.#parts = parts;
  }

  /** What the database lacks, or has too much. Changes nothing, and creates no SQLite file. */
  async status(): Promise<MigrationStatus> {
    if (this.#parts.source.missingFile !== undefined) {
      return { pending: this.#parts.known, unknown: [] };
    }
    return this.#connectedStatus();
  }

  #connectedStatus(): Promise<MigrationStatus> {
    return this.#onConnection((dataSource, runner) => this.#status(dataSource, runner));
  }

  /**
   * Applies the pending migrations and returns their names. Processes that migrate at the same time wait for
   * each other. On SQLite all of it is one transaction. On MariaDB each statement that changes the schema
   * commits by itself: when a migration fails, those before it stay, and of its own statements those that
   * went through; it is not recorded, and runs again from its first statement.
   * @throws SkepError `SKEP_SCHEMA_NEWER` when a newer version has migrated the database; `SKEP_ACCESS_DENIED` when its
   *   user may not change tables; `SKEP_MIGRATION_FAILED`.
   */
  run(): Promise<string[]> {
    return this.#onConnection(async (dataSource, runner) => {
      const applied = await this.#locked(runner, () => this.#apply(dataSource, runner)).catch(
        (error: unknown) => {
          throw notAllowed(this.#parts.source.name, error) ?? error;
        },
      );
      for (const name of applied) this.#parts.logger.info('migration applied', { migration: name });
      return applied;
    });
  }

  /**
   * Prepares the start of a runtime: a SQLite file is migrated, a server is only looked at.
   * @throws SkepError `SKEP_SCHEMA_BEHIND` or `SKEP_SCHEMA_NEWER`.
   */
  async ensure(): Promise<void> {
    const status = await this.#connectedStatus();
    assertKnown(status, this.#parts.source.name);
    if (status.pending.length === 0) return;
    if (this.#parts.source.engine.dialect === 'sqlite') {
      await this.run();
      return;
    }
    const count =
      status.pending.length === 1 ? '1 migration' : `${status.pending.length} migrations`;
    const message = `${this.#parts.source.name} lacks ${count}: ${status.pending.join(', ')}`;
    throw new SkepError('SKEP_SCHEMA_BEHIND', message, { details: { pending: status.pending } });
  }

  async #status(dataSource: DataSource, runner: QueryRunner): Promise<MigrationStatus> {
    const executor = new MigrationExecutor(dataSource, runner);
    const applied = (await executor.getExecutedMigrations()).map(({ name }) => name);
    const { known, owners } = this.#parts;
    return {
      pending: known.filter((name) => !applied.includes(name)),
      unknown: applied.filter((name) => !known.includes(name) && owners.includes(ownerOf(name))),
    };
  }

  async #apply(dataSource: DataSource, runner: QueryRunner): Promise<string[]> {
    assertKnown(await this.#status(dataSource, runner), this.#parts.source.name);
    const executor = new MigrationExecutor(dataSource, runner);
    // Inside the one transaction of SQLite, or each by itself.
    executor.transaction = runner.isTransactionActive ? 'none' : 'each';
    return (await executor.executePendingMigrations()).map(({ name }) => name);
  }

  #locked<T>(runner: QueryRunner, step: () => Promise<T>): Promise<T> {
    return this.#parts.source.engine.dialect === 'sqlite'
      ? inOneTransaction(runner, step)
      : this.#underServerLock(runner, step);
  }

  /** The lock belongs to the connection: whatever happens to this process, it does not outlive it. */
  async #underServerLock<T>(runner: QueryRunner, step: () => Promise<T>): Promise<T> {
    const lock = "CONCAT('skep.migrate.', LEFT(DATABASE(), 40))";
    const [row] = await runner.query(`SELECT GET_LOCK(${lock}, ${lockWaitS}) AS got`);
    if (Number(row?.got) !== 1) {
      const message = `${this.#parts.source.name}: another process has been migrating for ${lockWaitS} s`;
      throw new ConnectionError('SKEP_LEASE_TIMEOUT', message);
    }
    return step();
  }

  async #onConnection<T>(
    step: (dataSource: DataSource, runner: QueryRunner) => Promise<T>,
  ): Promise<T> {
    const { name, pool, orm, engine } = this.#parts.source;
    const lease = await pool.acquire(endless);
    try {
      const { connection } = lease;
      const dataSource = await orm.on(connection);
      const runner = await orm.runnerOn(connection);
      const gate = engine.gate(connection, endless);
      const assertOpen = (): void => undefined;
      const use = new LeaseUse({
        source: name,
        readOnly: false,
        engine,
        connection,
        runner,
        gate,
        assertOpen,
      });
      try {
        return await step(dataSource, runner);
      } finally {
        await use.end();
      }
    } finally {
      await pool.end(lease, 'discard');
    }
  }
}

async function inOneTransaction<T>(runner: QueryRunner, step: () => Promise<T>): Promise<T> {
  // SQLite changes tables by copying them, which foreign keys would forbid; inside a transaction this
  // setting cannot be changed.
  await runner.beforeMigration();
  try {
    await runner.startTransaction();
    try {
      const result = await step();
      await runner.commitTransaction();
      return result;
    } catch (error) {
      await runner.rollbackTransaction();
      throw error;
    }
  } finally {
    await runner.afterMigration();
  }
}

function assertKnown({ unknown }: MigrationStatus, source: string): void {
  if (unknown.length === 0) return;
  const message = `${source} was migrated by a newer version: ${unknown.join(', ')}`;
  throw new SkepError('SKEP_SCHEMA_NEWER', message, { details: { unknown } });
}
