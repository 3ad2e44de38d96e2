// The section `dataSources` of plugins.json: how each source connects, and how long connections live.
import { z } from 'zod';
import { durationSchema, periodSchema } from '../core/tasks/option-schemas.js';
import type { DataSourceDefinition } from './definition.js';
import { tlsSchema } from './tls.js';

export const dataSourceOptionsSchema = z.strictObject({
  lifetime: z
    .enum(['run', 'shared'])
    .default('run')
    .describe('run: connections are closed when the run ends; shared: they return to a warm pool'),
  idle: durationSchema
    .default('60s')
    .describe('shared: how long a warm connection may lie unused before it is closed'),
  pool: z
    .strictObject({
      max: z
        .int()
        .min(1)
        .max(10_000)
        .default(20)
        .describe('Connections at one time in this process'),
      acquireTimeout: durationSchema
        .default('30s')
        .describe('How long to wait for a free connection, or for the write lock of a SQLite file'),
    })
    .prefault({}),
  connectTimeout: periodSchema.default('10s'),
  tls: tlsSchema.optional().describe('TLS of the connection; goes before ?ssl= in the URL'),
  driverOptions: z
    .record(z.string(), z.json())
    .default({})
    .describe('Further options, handed to mysql2, pg or mssql as they are'),
});

/** Options of one data source, completed by their defaults. */
export type DataSourceOptions = z.output<typeof dataSourceOptionsSchema>;

/** The section `dataSources`, for the sources that are known. */
export function dataSourcesSchema(definitions: readonly DataSourceDefinition[]) {
  const shape = definitions.map(
    ({ name }) => [name, dataSourceOptionsSchema.prefault({})] as const,
  );
  return z.strictObject(Object.fromEntries(shape)).prefault({});
}
