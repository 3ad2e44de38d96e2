// Data sources, as tasks, plugins and the composition root see them.

export { QueryFailedError } from 'typeorm';
export { BioStar } from './biostar.js';
export {
  type CollectedSources,
  collectSources,
  dataSource,
  type EntitiesOf,
  type Entity,
  entities,
  type MigrationClass,
  migrations,
  type OwnedMigrations,
} from './contributions.js';
export {
  type DataSourceDeclaration,
  type DataSourceDefinition,
  type DataSourceRole,
  defineDataSource,
} from './definition.js';
export { ConnectionError } from './errors.js';
export { Hris } from './hris.js';
export type { ConnectionAccount, LeaseEnd, LeaseRecord } from './ledger.js';
export { Maria } from './maria.js';
export { type MigrationStatus, Migrator } from './migrator.js';
export { type DataSourceOptions, dataSourceOptionsSchema, dataSourcesSchema } from './options.js';
export type { ProbeReport } from './probe.js';
export { DataSourceProvider, type ProviderParts } from './provider.js';
export type { Dialect, ScopedDataSource } from './scoped-data-source.js';
export { embeddedPath } from './url.js';
