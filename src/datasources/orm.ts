// TypeORM's side of a data source: its metadata, built once in a process, on the first connection there is.
import {
  DataSource,
  EntityMetadataNotFoundError,
  type EntityTarget,
  type ObjectLiteral,
  type Logger as OrmLogger,
  type QueryRunner,
  TypeORMError,
} from 'typeorm';
import { SkepError } from '../core/errors/skep-error.js';
import type { Logger } from '../core/log/logger.js';
import type { Entity, MigrationClass } from './contributions.js';
import type { Connection, Engine } from './engine.js';

/** Where TypeORM records which migrations were applied. */
const migrationsTable = 'skep_migrations';

export interface OrmParts {
  readonly source: string;
  readonly engine: Engine;
  readonly entities: readonly Entity[];
  readonly migrations: readonly MigrationClass[];
  readonly logger: Logger;
}

export class Orm {
  readonly #parts: OrmParts;
  #dataSource: Promise<DataSource> | undefined;

  constructor(parts: OrmParts) {
    this.#parts = parts;
  }

  /** A query runner on a connection, with a manager of its own. */
  async runnerOn(connection: Connection): Promise<QueryRunner> {
    const dataSource = await this.on(connection);
    const runner = this.#parts.engine.runnerOn(dataSource, connection);
    dataSource.createEntityManager(runner);
    return runner;
  }

  /**
   * The DataSource that holds the metadata. Many may ask at once: one of them builds it. When that one
   * fails, the others try on their own connections, so that nobody pays for a connection that died.
   */
  async on(connection: Connection): Promise<DataSource> {
    while (this.#dataSource !== undefined) {
      const attempt = this.#dataSource;
      try {
        return await attempt;
      } catch {
        if (this.#dataSource === attempt) this.#dataSource = undefined;
      }
    }
    const attempt = this.#build(connection);
    this.#dataSource = attempt;
    try {
      return await attempt;
    } catch (error) {
      if (this.#dataSource === attempt) this.#dataSource = undefined;
      throw error;
    }
  }

  async #build(connection: Connection): Promise<DataSource> {
    const { engine, entities, migrations, logger } = this.#parts;
    const { options, done } = await engine.ormOptions(connection);
    const dataSource = new DataSource({
      ...options,
      entities: [...entities],
      migrations: [...migrations],
      migrationsTableName: migrationsTable,
      logger: quietLogger(logger),
    });
    try {
      await dataSource.initialize();
    } catch (error) {
      throw this.#unknownRelation(error) ?? error;
    } finally {
      done(dataSource);
    }
    const getMetadata = dataSource.getMetadata.bind(dataSource);
    dataSource.getMetadata = (target) => {
      try {
        return getMetadata(target);
      } catch (error) {
        if (!(error instanceof EntityMetadataNotFoundError)) throw error;
        throw this.#unknownEntity(entityName(target), '', error);
      }
    };
    dataSource.createQueryRunner = () => {
      throw this.#besideLease();
    };
    return dataSource;
  }

  /** TypeORM finds out while it builds the metadata that a relation leads to what it does not know. */
  #unknownRelation(error: unknown): SkepError | undefined {
    if (!(error instanceof TypeORMError)) return undefined;
    const [, owner, property] =
      /^Entity metadata for (\S+)#(\S+) was not found/.exec(error.message) ?? [];
    if (owner === undefined || property === undefined) return undefined;
    return this.#unknownEntity(undefined, `the relation ${owner}.${property} leads to it: `, error);
  }

  #unknownEntity(name: string | undefined, why: string, cause: Error): SkepError {
    const { source } = this.#parts;
    const entity = name === undefined ? 'an entity' : `the entity ${name}`;
    const line = `entities(${sourceToken(source)}, [${name ?? 'TheEntity'}])`;
    const message = `${source}: ${entity} is not known to this data source: ${why}no plugin contributes it. Add \`${line}\` to \`contributes\` of the plugin`;
    return new SkepError('SKEP_ENTITY_UNKNOWN', message, { cause });
  }

  #besideLease(): SkepError {
    const { source } = this.#parts;
    return new SkepError(
      'SKEP_LEASE_ENDED',
      `${source}: a connection was asked for beside the lease`,
    );
  }
}

/** The exported name of a data source's definition, as far as a name tells. */
const sourceToken = (name: string): string =>
  ({ maria: 'Maria', hris: 'Hris', biostar: 'BioStar' })[name] ?? name;

function entityName(target: EntityTarget<ObjectLiteral>): string {
  if (typeof target === 'string') return target;
  if (typeof target === 'function') return target.name;
  return 'options' in target ? target.options.name : target.name;
}

/** TypeORM's statements hold data and its errors are thrown as well, so only its warnings are passed on. */
function quietLogger(logger: Logger): OrmLogger {
  const nothing = (): void => undefined;
  return {
    logQuery: nothing,
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: (level, message) => {
      if (level === 'warn') logger.debug(String(message));
    },
  };
}
