// What plugins contribute to data sources: sources of their own, entities, and migrations of Maria.
import type { EntitySchema, MigrationInterface } from 'typeorm';
import { type Contribution, extensionPoint } from '../core/host/plugin.js';
import { BioStar } from './biostar.js';
import type { DataSourceDefinition } from './definition.js';
import { Hris } from './hris.js';
import { Maria } from './maria.js';

/** A class with `@Entity`, or an `EntitySchema`. */
export type Entity = (abstract new (...parameters: never[]) => object) | EntitySchema<object>;

/** A migration of TypeORM; its class name ends with a timestamp of 13 digits, which orders it. */
export type MigrationClass = new () => MigrationInterface;

export interface EntitiesOf {
  readonly source: DataSourceDefinition;
  readonly entities: readonly Entity[];
}

const definitionPoint = extensionPoint<DataSourceDefinition>('data source', definitionProblem);
const entitiesPoint = extensionPoint<EntitiesOf>('entities', (value) => {
  // Only `entities` makes values for this point.
  const { source, entities: classes } = value as EntitiesOf;
  const areEntities =
    Array.isArray(classes) &&
    classes.every(
      (each) => typeof each === 'function' || (typeof each === 'object' && each !== null),
    );
  return definitionProblem(source) ?? (areEntities ? undefined : 'expected a list of entities');
});
const migrationsPoint = extensionPoint<readonly MigrationClass[]>('migrations', (value) => {
  const areClasses = Array.isArray(value) && value.every((each) => typeof each === 'function');
  return areClasses ? undefined : 'expected a list of classes';
});

function definitionProblem(value: unknown): string | undefined {
  const { injectionToken } = (value ?? {}) as Partial<DataSourceDefinition>;
  return typeof injectionToken === 'symbol'
    ? undefined
    : 'expected a data source made with defineDataSource()';
}

/** Contributes a data source beside Maria, HRIS and BioStar. */
export function dataSource(definition: DataSourceDefinition): Contribution<DataSourceDefinition> {
  return { point: definitionPoint, value: definition };
}

/** Contributes entities to a data source. */
export function entities(
  source: DataSourceDefinition,
  classes: readonly Entity[],
): Contribution<EntitiesOf> {
  return { point: entitiesPoint, value: { source, entities: classes } };
}

/** Contributes migrations of Maria. No other data source is ever migrated. */
export function migrations(
  classes: readonly MigrationClass[],
): Contribution<readonly MigrationClass[]> {
  return { point: migrationsPoint, value: classes };
}

/** Migrations together with the plugin that brings them. */
export interface OwnedMigrations {
  readonly owner: string;
  readonly classes: readonly MigrationClass[];
}

/** All that the enabled plugins contribute to data sources. */
export interface CollectedSources {
  /** Names of the enabled plugins. */
  readonly plugins: readonly string[];
  readonly definitions: readonly DataSourceDefinition[];
  readonly entities: readonly EntitiesOf[];
  readonly migrations: readonly OwnedMigrations[];
}

/** Collects contributions of plugins given in order of dependency. */
export function collectSources(
  plugins: readonly { readonly name: string; readonly contributes?: readonly Contribution[] }[],
): CollectedSources {
  const all = plugins.flatMap(({ name, contributes = [] }) =>
    contributes.map((contribution) => ({ owner: name, ...contribution })),
  );
  const of = <T>(point: { readonly accepts?: T }) =>
    all
      .filter((each) => each.point === point)
      // The point is matched by identity, and only the functions above make values for it.
      .map(({ owner, value }) => ({ owner, value: value as T }));
  return {
    plugins: plugins.map(({ name }) => name),
    definitions: [Maria, Hris, BioStar, ...of(definitionPoint).map(({ value }) => value)],
    entities: of(entitiesPoint).map(({ value }) => value),
    migrations: of(migrationsPoint).map(({ owner, value }) => ({ owner, classes: value })),
  };
}
