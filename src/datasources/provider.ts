// The data sources of a process: gives every run its handles, and tells what is open.

import { closeInOrder, closeTogether, defaultCloseTimeoutMs } from '../core/closing.js';
import { SkepError, throwProblems } from '../core/errors/skep-error.js';
import type { Logger } from '../core/log/logger.js';
import type { RunIdentity, RunScope, ScopeExtension } from '../core/run/scope.js';
import type { Seams } from '../core/seams.js';
import { type ApplicationDatabase, ServiceDatabase } from './application-database.js';
import type { CollectedSources } from './contributions.js';
import type { DataSourceDefinition } from './definition.js';
import { type ConnectionAccount, type LeaseListener, sumAccounts } from './ledger.js';
import { migrationClasses, recordedNames } from './migrations.js';
import { Migrator } from './migrator.js';
import { type DataSourceOptions, dataSourceOptionsSchema } from './options.js';
import { type ProbeReport, probe } from './probe.js';
import { ScopeLeases } from './scope-leases.js';
import { Source } from './source.js';

export interface ProviderParts {
  /** Definitions, entities and migrations of the enabled plugins; see `collectSources`. */
  readonly sources: CollectedSources;
  /** The section `dataSources` of plugins.json; a source without an entry gets the defaults. */
  readonly options: Readonly<Record<string, DataSourceOptions>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
  /** Folder of plugins.json: what relative SQLite files are relative to. */
  readonly folder: string;
  readonly logger: Logger;
  readonly seams: Seams;
  /** Whoever wants to know at once which connections a run holds; asked when its scope opens. */
  readonly leases?: ((run: RunIdentity) => LeaseListener) | undefined;
}

/**
 * Few: what services write, they write together. What they lock others pass over: it must not stay locked with a
 * runtime that stands still, or whose machine is gone. Longer than the relay waits for the queue in its transaction.
 */
const servicePool = {
  max: 4,
  acquireTimeoutMs: 30_000,
  idleMs: 60_000,
  session: { idleTransactionSeconds: 30 },
} as const;

export class DataSourceProvider implements ScopeExtension {
  /** Migrations of the application's database. */
  readonly migrator: Migrator;
  readonly #parts: ProviderParts;
  readonly #sources: readonly Source[];
  readonly #application: ServiceDatabase;

  /**
   * Reads every URL; nothing is connected yet.
   * @throws SkepProblems with every source that cannot be used as it is configured.
   */
  constructor(parts: ProviderParts) {
    this.#parts = parts;
    const problems: SkepError[] = [];
    const attempt = <T>(make: () => T): T | undefined => {
      try {
        return make();
      } catch (error) {
        if (!(error instanceof SkepError)) throw error;
        problems.push(error);
        return undefined;
      }
    };
    attempt(() => assertDistinct(parts.sources.definitions));
    const migrations = attempt(() => migrationClasses(parts.sources.migrations)) ?? [];
    const sources = parts.sources.definitions.map((definition) =>
      attempt(() =>
        makeSource(parts, definition, definition.role === 'application' ? migrations : []),
      ),
    );
    throwProblems(problems);
    this.#sources = sources.filter((source) => source !== undefined);
    const application = this.#sources.find(({ definition }) => definition.role === 'application');
    if (!application) throw new SkepError('SKEP_INTERNAL', 'there is no application database');
    this.#application = new ServiceDatabase(application, servicePool, parts.logger);
    this.migrator = new Migrator({
      source: application,
      known: recordedNames(parts.sources.migrations),
      owners: parts.sources.plugins,
      logger: parts.logger,
    });
  }

  /** Registers a handle of every source in a scope. Opens nothing. */
  open(scope: RunScope): ScopeLeases {
    const { seams, leases } = this.#parts;
    return new ScopeLeases(scope, this.#sources, seams.now, leases?.(scope.identity));
  }

  /** The application's database for services of plugins, outside runs. */
  get application(): ApplicationDatabase {
    return this.#application;
  }

  /** Every data source that is known. */
  get definitions(): readonly DataSourceDefinition[] {
    return this.#parts.sources.definitions;
  }

  /** Connections of this process since it began, of one source or of all. */
  account(definition?: DataSourceDefinition): ConnectionAccount {
    const sources = definition ? [this.#source(definition)] : this.#sources;
    return sumAccounts(sources.map(({ pool }) => pool.account()));
  }

  /**
   * Connects to a source and asks what it is, for `skep doctor`.
   * @throws SkepError when it cannot be reached or used.
   */
  probe(definition: DataSourceDefinition): Promise<ProbeReport> {
    return probe(this.#source(definition), this.#parts.seams.now);
  }

  /** The SQLite file of a source that its first connection would create, while it does not exist. */
  missingFile(definition: DataSourceDefinition): string | undefined {
    return this.#source(definition).missingFile;
  }

  /**
   * Ends a connection that a run in another thread holds, on its server.
   * @param source name of the data source.
   * @param connectionId what the server calls the connection.
   */
  async kill(source: string, connectionId: number): Promise<void> {
    await this.#named(source).engine.killById(connectionId);
  }

  /**
   * Closes warm connections and waits for those that are closing. Safe to call twice. Never rejects: a source that fails to
   * close, or does not close in time, is named in the log.
   * @param timeoutMs how long one source may take, in milliseconds.
   */
  async close(timeoutMs: number = defaultCloseTimeoutMs): Promise<void> {
    const { logger } = this.#parts;
    const services = {
      name: 'the connections of services',
      close: () => this.#application.close(),
    };
    await closeInOrder([{ ...services, timeoutMs }], logger);
    const sources = this.#sources.map((source) => ({
      name: `data source "${source.name}"`,
      close: () => source.close(),
      timeoutMs,
    }));
    await closeTogether(sources, logger);
  }

  #source(definition: DataSourceDefinition): Source {
    return this.#named(definition.name);
  }

  #named(name: string): Source {
    const found = this.#sources.find((source) => source.name === name);
    if (!found) throw new SkepError('SKEP_INTERNAL', `no data source is named "${name}"`);
    return found;
  }
}

function makeSource(
  parts: ProviderParts,
  definition: DataSourceDefinition,
  migrations: ReturnType<typeof migrationClasses>,
): Source {
  const entities = parts.sources.entities
    .filter(({ source }) => source.name === definition.name)
    .flatMap((each) => each.entities);
  const { environment, dataDir, folder, logger } = parts;
  const options = parts.options[definition.name] ?? dataSourceOptionsSchema.parse({});
  return new Source({
    definition,
    options,
    entities,
    migrations,
    environment,
    dataDir,
    folder,
    logger,
  });
}

function assertDistinct(definitions: readonly DataSourceDefinition[]): void {
  const names = definitions.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new SkepError('SKEP_PLUGIN_INVALID', `two data sources are named "${twice}"`);
  }
  const applications = definitions.filter(({ role }) => role === 'application');
  if (applications.length > 1) {
    const message = `"${applications[1]?.name}": Maria is the application's database, the only one`;
    throw new SkepError('SKEP_PLUGIN_INVALID', message);
  }
}
