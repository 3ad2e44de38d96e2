// The MariaDB that `npm test` starts, as the suites see it: suites that need it, databases of their own
// in it, and what it says about its connections.
import { randomBytes } from 'node:crypto';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

const url = process.env.SKEP_TEST_MARIADB_URL;
const { skip: describeAsSkipped } = describe;

/**
 * Declares a suite that needs MariaDB. Without one its tests are counted and named as skipped by
 * `npm test`; where `CI` is set they fail.
 */
export function describeWithMaria(name: string, suite: () => void): void {
  if (url !== undefined) describe(name, suite);
  else if (!process.env.CI) describeAsSkipped(`${name} (needs MariaDB)`, suite);
  else {
    describe(name, () => {
      it('has the MariaDB it needs', () => {
        throw new Error('SKEP_TEST_MARIADB_URL is not set: run the suite through `npm test`');
      });
    });
  }
}

/**
 * A database of the surrounding suite's own, there from before its first test to after its last.
 * Call it in the body of `describeWithMaria`.
 *
 * @returns its name, and the URL with user and password
 */
export function freshDatabase(label = 'test'): { readonly name: string; readonly url: string } {
  const name = `skep_${label}_${randomBytes(6).toString('hex')}`;
  beforeAll(() => statement(`CREATE DATABASE \`${name}\``));
  afterAll(() => statement(`DROP DATABASE IF EXISTS \`${name}\``));
  return { name, url: new URL(name, url ?? 'mysql://no-server.invalid/').href };
}

/** Carried out with all rights. */
export async function statement(sql: string): Promise<void> {
  if (url === undefined) throw new Error('SKEP_TEST_MARIADB_URL is not set');
  const connection = await createConnection({ uri: url });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

/** A connection as the server sees it. */
interface ServerConnection {
  readonly id: number;
  readonly database: string | null;
  readonly command: string;
  readonly state: string | null;
  /** What it is executing; null when it is idle. */
  readonly statement: string | null;
}

/** Every connection of clients but the one that asks. */
export async function processList(serverUrl: string): Promise<ServerConnection[]> {
  const connection = await createConnection({ uri: serverUrl });
  try {
    const [rows] = await connection.query<(ServerConnection & RowDataPacket)[]>(
      `SELECT ID AS id, DB AS \`database\`, COMMAND AS command, STATE AS state, INFO AS statement
         FROM information_schema.PROCESSLIST
        WHERE ID <> CONNECTION_ID() AND COMMAND <> 'Daemon'
        ORDER BY ID`,
    );
    return rows;
  } finally {
    await connection.end();
  }
}
