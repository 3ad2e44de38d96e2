// The PostgreSQL that `npm test` starts, as the suites see it: suites that need it, and databases of their own in it.
import { randomBytes } from 'node:crypto';
import { loadPgClient, type PgClient } from '../../src/datasources/engines/postgres-driver.js';

const url = process.env.SKEP_TEST_POSTGRES_URL;
const { skip: describeAsSkipped } = describe;

/**
 * Declares a suite that needs PostgreSQL. Without one its tests are counted and named as skipped by `npm test`; where
 * `CI` is set they fail.
 */
export function describeWithPostgres(name: string, suite: () => void): void {
  if (url !== undefined) describe(name, suite);
  else if (!process.env.CI) describeAsSkipped(`${name} (needs PostgreSQL)`, suite);
  else {
    describe(name, () => {
      it('has the PostgreSQL it needs', () => {
        throw new Error('SKEP_TEST_POSTGRES_URL is not set: run the suite through `npm test`');
      });
    });
  }
}

/**
 * A database of the surrounding suite's own, there from before its first test to after its last. Call it in the body
 * of `describeWithPostgres`.
 *
 * @returns its name, and the URL with user and password
 */
export function freshPostgres(label = 'test'): { readonly name: string; readonly url: string } {
  const name = `skep_${label}_${randomBytes(6).toString('hex')}`;
  beforeAll(() => statement(`CREATE DATABASE ${name} TEMPLATE template0`));
  afterAll(() => statement(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return { name, url: new URL(name, url ?? 'postgres://no-server.invalid/').href };
}

/** Carried out with all rights, beside the databases of the suites. */
async function statement(sql: string): Promise<void> {
  if (url === undefined) throw new Error('SKEP_TEST_POSTGRES_URL is not set');
  const client = await connectPostgres(new URL('postgres', url).href);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A connection to a database. */
export async function connectPostgres(databaseUrl: string): Promise<PgClient> {
  const client = new (loadPgClient('tests'))({ connectionString: databaseUrl });
  // Without a listener the end of the server would end this process; what is being asked then is rejected.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
