// One data source of the process: its definition, engine, metadata and connections.
import { existsSync } from 'node:fs';
import { durationMs } from '../core/duration.js';
import type { Logger } from '../core/log/logger.js';
import type { Entity, MigrationClass } from './contributions.js';
import type { DataSourceDefinition } from './definition.js';
import type { Engine, EngineSettings } from './engine.js';
import { MariaDbEngine } from './engines/mariadb.js';
import { MssqlEngine } from './engines/mssql.js';
import { PostgresEngine } from './engines/postgres.js';
import { SqliteEngine } from './engines/sqlite.js';
import { LeasePool } from './lease-pool.js';
import type { DataSourceOptions } from './options.js';
import { Orm } from './orm.js';
import { embeddedPath, parseTarget, type Target } from './url.js';

export interface SourceParts {
  readonly definition: DataSourceDefinition;
  readonly options: DataSourceOptions;
  readonly entities: readonly Entity[];
  readonly migrations: readonly MigrationClass[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
  /** Folder that relative SQLite files are resolved against. */
  readonly folder: string;
  readonly logger: Logger;
}

export class Source {
  readonly definition: DataSourceDefinition;
  readonly engine: Engine;
  readonly pool: LeasePool;
  readonly orm: Orm;
  /** Whether connections outlive the run that opened them. */
  readonly shared: boolean;

  /** @throws SkepError `SKEP_DATASOURCE_URL` or `SKEP_DRIVER_MISSING`; nothing is connected yet. */
  constructor(parts: SourceParts) {
    const { definition, options, entities, migrations, logger } = parts;
    const source = definition.name;
    const engine = engineFor(parts);
    this.definition = definition;
    this.engine = engine;
    this.shared = options.lifetime === 'shared';
    this.orm = new Orm({ source, engine, entities, migrations, logger });
    this.pool = new LeasePool({
      source,
      engine,
      max: options.pool.max,
      acquireTimeoutMs: durationMs(options.pool.acquireTimeout),
      idleMs: this.shared ? durationMs(options.idle) : 0,
      logger,
    });
  }

  get name(): string {
    return this.definition.name;
  }

  /** The SQLite file that the first connection would create, while it does not exist. */
  get missingFile(): string | undefined {
    const { dialect, address } = this.engine;
    if (dialect !== 'sqlite' || this.definition.readOnly || existsSync(address)) return undefined;
    return address;
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.engine.close();
  }
}

function engineFor({ definition, options, environment, dataDir, folder }: SourceParts): Engine {
  const url = environment[definition.env];
  const target: Target =
    url === undefined
      ? { dialect: 'sqlite', file: embeddedPath(definition, dataDir) }
      : parseTarget(definition, url, folder);
  const settings: EngineSettings = {
    source: definition.name,
    readOnly: definition.readOnly,
    connectTimeoutMs: durationMs(options.connectTimeout),
    acquireTimeoutMs: durationMs(options.pool.acquireTimeout),
    driverOptions: options.driverOptions,
  };
  switch (target.dialect) {
    case 'sqlite':
      return new SqliteEngine(target, settings, definition.whenMissing);
    case 'mariadb':
      return new MariaDbEngine(target, settings, options.tls);
    case 'postgres':
      return new PostgresEngine(target, settings, options.tls);
    case 'mssql':
      return new MssqlEngine(target, settings, options.tls);
  }
}
