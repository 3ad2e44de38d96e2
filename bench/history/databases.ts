// Databases with the tables of tracking on the server of the benchmark.
import { createConnection } from 'mysql2/promise';
import { systemSeams } from '../../src/core/seams.js';
import {
  collectSources,
  DataSourceProvider,
  dataSourceOptionsSchema,
} from '../../src/datasources/index.js';
import tracking from '../../src/plugins/tracking/index.js';

const silent = (): void => undefined;
export const silentLogger = { error: silent, warn: silent, info: silent, debug: silent };

/** A new database, migrated. */
export async function freshTables(server: string, name: string): Promise<DataSourceProvider> {
  const connection = await createConnection({ uri: server });
  await connection.query(`CREATE DATABASE \`${name}\``);
  await connection.end();
  const provider = new DataSourceProvider({
    sources: collectSources([tracking]),
    options: { maria: dataSourceOptionsSchema.parse({}) },
    environment: { MARIA_URL: new URL(name, server).href },
    dataDir: '/nowhere',
    folder: '/nowhere',
    logger: silentLogger,
    seams: systemSeams,
  });
  await provider.migrator.run();
  return provider;
}
