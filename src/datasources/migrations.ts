// The migrations of all plugins as one list: each is recorded under the name of its plugin, so that a
// database can be told apart that was migrated by a newer version from one whose plugin is disabled.
import { type MigrationInterface, QueryFailedError, type QueryRunner } from 'typeorm';
import { SkepError } from '../core/errors/skep-error.js';
import { pluginError } from '../core/host/plugin-error.js';
import type { MigrationClass, OwnedMigrations } from './contributions.js';

const named = /^\w*[A-Za-z_](\d{13})$/;

/** The names under which migrations are recorded, in the order in which they are applied. */
export function recordedNames(owned: readonly OwnedMigrations[]): string[] {
  const names = owned.flatMap(({ owner, classes }) =>
    classes.map((each) => recordedName(owner, each)),
  );
  return names.sort((a, b) => Number(a.slice(-13)) - Number(b.slice(-13)));
}

/** `hris.CreateEmployees1764000000000` */
function recordedName(owner: string, migration: MigrationClass): string {
  return `${owner}.${migration.name}`;
}

/** The plugin that a recorded migration belongs to. */
export function ownerOf(recorded: string): string {
  return recorded.slice(0, recorded.lastIndexOf('.'));
}

/**
 * Classes for TypeORM, which executes them in order of the timestamps in their names.
 * @throws SkepError `SKEP_PLUGIN_INVALID` when a class name ends with no timestamp of 13 digits.
 */
export function migrationClasses(owned: readonly OwnedMigrations[]): MigrationClass[] {
  return owned.flatMap(({ owner, classes }) => classes.map((each) => underOwner(owner, each)));
}

function underOwner(owner: string, migration: MigrationClass): MigrationClass {
  if (!named.test(migration.name)) {
    const message = `plugin "${owner}": the migration ${migration.name || 'without a name'} must end with a timestamp`;
    const remedy = 'End the class name with 13 digits: CreateEmployees1764000000000.';
    throw new SkepError('SKEP_PLUGIN_INVALID', message, { remedy });
  }
  const name = recordedName(owner, migration);
  return class implements MigrationInterface {
    readonly name = name;
    readonly #migration = new migration();

    async up(...[runner]: Parameters<MigrationInterface['up']>): Promise<void> {
      try {
        await awaitingAll(runner, () => this.#migration.up(runner));
      } catch (error) {
        throw failed(owner, migration.name, error);
      }
    }

    down(...[runner]: Parameters<MigrationInterface['down']>): Promise<void> {
      return this.#migration.down(runner);
    }
  };
}

/**
 * Performs a migration and sees that it has awaited its statements: those that are unfinished when it returns may fail after it was
 * recorded as applied.
 */
async function awaitingAll(runner: QueryRunner, migrate: () => Promise<void>): Promise<void> {
  const { query } = runner;
  const open = new Map<object, { readonly sql: string; readonly sent: Promise<unknown> }>();
  // TypeORM declares the overloads of `query`; all of them go to this one implementation.
  runner.query = ((sql: string, ...others: unknown[]): Promise<unknown> => {
    const key = {};
    const send = async (): Promise<unknown> => {
      try {
        return await query.call(runner, sql, ...(others as []));
      } finally {
        open.delete(key);
      }
    };
    const sent = send();
    open.set(key, { sql, sent });
    return sent;
  }) as never;
  try {
    await migrate();
    const [left] = open.values();
    if (left === undefined) return;
    const statement = left.sql.slice(0, longestStatement);
    await Promise.allSettled([...open.values()].map(({ sent }) => sent));
    throw new Error(
      `up() returned while a statement was unfinished, an await is missing: ${statement}`,
    );
  } finally {
    runner.query = query;
  }
}

/** So much of a statement is shown: it may insert a whole table. */
const longestStatement = 500;

/** The error for a migration that threw: whose it is, which one, and which statement was refused. */
function failed(plugin: string, migration: string, error: unknown): unknown {
  if (error instanceof SkepError) {
    const what = `failed in its migration ${migration}`;
    return pluginError({ plugin, what, code: 'SKEP_PLUGIN_FAILED' }, error);
  }
  const statement =
    error instanceof QueryFailedError ? error.query.slice(0, longestStatement) : undefined;
  const why = error instanceof Error ? error.message : String(error);
  const at = statement === undefined ? '' : `, in: ${statement}`;
  return new SkepError(
    'SKEP_MIGRATION_FAILED',
    `plugin "${plugin}", migration ${migration}: ${why}${at}`,
    {
      cause: error,
      details: { plugin, migration, ...(statement === undefined ? {} : { statement }) },
    },
  );
}
