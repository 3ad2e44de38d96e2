// A site whose executions are on record, with the table that its tasks write.
import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import type { MariaServer } from '../support/servers/mariadb-server.js';
import type { RedisServer } from '../support/servers/redis-server.js';
import { FaultSite } from './fault-site.js';

export interface TrackedSiteOptions {
  /** Both embedded when absent. */
  readonly servers?: { readonly maria: MariaServer; readonly redis: RedisServer };
  /** Sections of plugins.json, beside the defaults of the proofs. */
  readonly config?: object;
}

export async function trackedSite({ servers, config }: TrackedSiteOptions): Promise<FaultSite> {
  const site = await FaultSite.create({
    tracked: true,
    config: { dataSources: { maria: { lifetime: 'shared' } }, ...config },
    ...(servers && { redisUrl: servers.redis.url, mariaUrl: await createDatabase(servers.maria) }),
  });
  // No key: what is written twice is there twice.
  await site.sql('CREATE TABLE bookings (execution_id VARCHAR(64) NOT NULL)');
  return site;
}

async function createDatabase({ url }: MariaServer): Promise<string> {
  const name = `tracked_${randomBytes(6).toString('hex')}`;
  const connection = await createConnection({ uri: url });
  try {
    await connection.query(`CREATE DATABASE ${name}`);
  } finally {
    await connection.end();
  }
  return new URL(name, url).href;
}
