// Databases of a benchmark on the private server: sample sites, and one Maria after the other.
import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { planSite, type SiteUrls, writeSite } from '../../src/plugins/sample-site/index.js';

export interface Databases {
  /** Writes a sample site and returns where it is. */
  site(size: { readonly employees: number; readonly days: number }): Promise<SiteUrls>;
  /** URL of a new, empty database; the one before is dropped. */
  empty(): Promise<string>;
  /** Drops all of them. */
  close(): Promise<void>;
}

/** @throws Error when no server is given. */
export async function openDatabases(): Promise<Databases> {
  const server = process.env.SKEP_TEST_MARIADB_URL;
  if (server === undefined) {
    throw new Error('SKEP_TEST_MARIADB_URL is not set: run it through `npm run bench`');
  }
  const connection = await createConnection({ uri: server });
  const created: string[] = [];
  const fresh = (label: string): string => {
    const name = `bench_${label}_${randomBytes(4).toString('hex')}`;
    created.push(name);
    return name;
  };
  const drop = (name: string) => connection.query(`DROP DATABASE IF EXISTS ${name}`);
  let maria: string | undefined;
  return {
    async site(size) {
      const urls = {
        hris: new URL(fresh('hris'), server).href,
        biostar: new URL(fresh('biostar'), server).href,
      };
      await writeSite(planSite({ ...size, until: '2025-12-31' }), urls);
      return urls;
    },
    async empty() {
      if (maria !== undefined) await drop(maria);
      maria = fresh('maria');
      await connection.query(`CREATE DATABASE ${maria}`);
      return new URL(maria, server).href;
    },
    async close() {
      for (const name of created) await drop(name);
      await connection.end();
    },
  };
}
