// Data sources, as tasks, plugins and the composition root see them.

export { QueryFailedError } from 'typeorm';
export { ApplicationDatabase } from './application-database.js';
export { BioStar } from './biostar.js';
export {
  type CollectedSources,
  collectSources,
  dataSource,
  type Entity,
  entities,
  type MigrationClass,
  migrations,
} from './contributions.js';
export {
  type DataSourceDeclaration,
  type DataSourceDefinition,
  defineDataSource,
} from './definition.js';
export { ConnectionError } from './errors.js';
export { Hris } from './hris.js';
export type { LeaseEnd, LeaseListener } from './ledger.js';
export { Maria } from './maria.js';
export { dataSourceOptionsSchema, dataSourcesSchema } from './options.js';
export type { ProbeReport } from './probe.js';
export { DataSourceProvider, type ProviderParts } from './provider.js';
export type { Dialect, ScopedDataSource } from './scoped-data-source.js';
export { addressOf, parseTarget } from './url.js';
