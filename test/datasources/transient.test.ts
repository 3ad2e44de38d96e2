// What real databases report, as the matchers of `@Retry` take it.
import { join } from 'node:path';
import {
  transient,
  transientDatabase,
  transientNetwork,
} from '../../src/core/errors/transient/transient.js';
import { SqliteHandle } from '../../src/datasources/engines/sqlite-handle.js';
import { Maria, type ScopedDataSource } from '../../src/datasources/index.js';
import { describeWithMaria, freshDatabase, statement } from '../support/mariadb.js';
import { tempFolder } from '../support/temp-folder.js';
import { errorOf, install } from './support.js';

type Site = ReturnType<typeof install>;

/** The error of some work in Maria at a URL, in a run of its own. */
async function errorAt(
  url: string,
  work: (maria: ScopedDataSource) => Promise<unknown>,
  options: object = {},
): Promise<Error> {
  const site = install({ environment: { MARIA_URL: url }, options: { maria: options } });
  try {
    return await errorIn(site, work);
  } finally {
    await site.provider.close();
  }
}

async function errorIn(
  { openRun }: Site,
  work: (maria: ScopedDataSource) => Promise<unknown>,
): Promise<Error> {
  const { scope, source } = openRun();
  try {
    return await errorOf(() => work(source(Maria)));
  } finally {
    await scope.dispose();
  }
}

const verdicts = (error: unknown) => ({
  transient: transient(error),
  database: transientDatabase(error),
  network: transientNetwork(error),
});
const passes = { transient: true, database: true, network: false };
const stays = { transient: false, database: false, network: false };

describeWithMaria('errors of MariaDB', () => {
  const { name, url } = freshDatabase('transient');
  // With a letter first: digits with an `e` among them would be a number to the server.
  const user = `u_${name.slice(-12)}`;

  beforeAll(async () => {
    await statement(`CREATE TABLE ${name}.account (id INT PRIMARY KEY, cents INT) ENGINE=InnoDB`);
    await statement(`INSERT INTO ${name}.account VALUES (1, 0), (2, 0)`);
    await statement(`CREATE USER ${user} IDENTIFIED BY 'p' WITH MAX_USER_CONNECTIONS 1`);
    await statement(`GRANT ALL ON ${name}.* TO ${user}`);
  });
  afterAll(() => statement(`DROP USER ${user}`));

  it('a deadlock passes', async () => {
    const site = install({ environment: { MARIA_URL: url } });
    const { scope, source } = site.openRun();
    const maria = source(Maria);
    // Each locks one row, and asks for the other's when both have theirs.
    let holding = 0;
    let bothHold: () => void = () => undefined;
    const barrier = new Promise<void>((resolve) => {
      bothHold = resolve;
    });
    const update = 'UPDATE account SET cents = cents + 1 WHERE id = ?';
    const cross = (first: number, second: number) =>
      maria.transaction(async (manager) => {
        await manager.query(update, [first]);
        if (++holding === 2) bothHold();
        await barrier;
        await manager.query(update, [second]);
      });
    const ends = await Promise.allSettled([cross(1, 2), cross(2, 1)]);
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    await scope.dispose();
    await site.provider.close();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ name: 'QueryFailedError', code: 'ER_LOCK_DEADLOCK' });
    expect(verdicts(failures[0])).toEqual(passes);
  });

  it('a lock that is not free passes', async () => {
    const locked = 'SELECT * FROM account WHERE id = 1 FOR UPDATE';
    const error = await errorAt(url, (maria) =>
      maria.transaction(async (holder) => {
        await holder.query(locked);
        await maria.use((other) => other.query(`${locked} NOWAIT`));
      }),
    );
    expect(error).toMatchObject({ code: 'ER_LOCK_WAIT_TIMEOUT' });
    expect(verdicts(error)).toEqual(passes);
  });

  it('a connection that was killed passes', async () => {
    const error = await errorAt(url, (maria) =>
      maria.use(async (manager) => {
        const [row] = await manager.query('SELECT CONNECTION_ID() AS id');
        await statement(`KILL ${row.id}`);
        await manager.query('SELECT 1');
      }),
    );
    // Whether the network is what broke depends on how the driver's socket hears of it.
    expect(verdicts(error)).toMatchObject({ transient: true, database: true });
  });

  it('too many connections pass', async () => {
    const limited = new URL(url);
    limited.username = user;
    limited.password = 'p';
    const error = await errorAt(limited.href, (maria) =>
      maria.use(() => maria.use(async () => 'two at one time')),
    );
    expect(error).toMatchObject({ code: 'SKEP_CONNECT_FAILED' });
    expect(verdicts(error)).toEqual(passes);
  });

  it('a server that is not there passes', async () => {
    // Of the ports that are reserved for the system, so that no other test listens there meanwhile.
    const error = await errorAt('mysql://u@127.0.0.1:1/d', (maria) => maria.use(async () => 1));
    expect(error).toMatchObject({ code: 'SKEP_CONNECT_FAILED' });
    expect(transientDatabase(error)).toBe(true);
  });

  it.each([
    ['a syntax error', 'SELEKT 1', 'ER_PARSE_ERROR'],
    ['a duplicate key', 'INSERT INTO account VALUES (1, 0)', 'ER_DUP_ENTRY'],
    ['a table that does not exist', 'SELECT * FROM acount', 'ER_NO_SUCH_TABLE'],
  ])('%s stays', async (_, sql, code) => {
    const error = await errorAt(url, (maria) => maria.use((manager) => manager.query(sql)));
    expect(error).toMatchObject({ code });
    expect(verdicts(error)).toEqual(stays);
  });

  it('a refused password stays', async () => {
    const wrong = new URL(url);
    wrong.username = user;
    wrong.password = 'wrong';
    const error = await errorAt(wrong.href, (maria) => maria.use(async () => 1));
    expect(error).toMatchObject({ code: 'SKEP_ACCESS_DENIED' });
    expect(verdicts(error)).toEqual(stays);
  });
});

describe('errors of SQLite', () => {
  const folder = tempFolder();
  const file = join(folder.path, 'accounts.db');
  afterAll(() => folder[Symbol.dispose]());

  it('a file that somebody else writes to passes, as the driver says it and as Skep does', async () => {
    const holder = new SqliteHandle(file, false, 0);
    const other = new SqliteHandle(file, false, 0);
    try {
      holder.exec('CREATE TABLE account (id INTEGER PRIMARY KEY)');
      holder.exec('PRAGMA journal_mode = WAL');
      holder.exec('BEGIN IMMEDIATE');
      const busy = await errorOf(() => other.exec('BEGIN IMMEDIATE'));
      expect(busy.code).toBe('SQLITE_BUSY');
      expect(verdicts(busy)).toEqual(passes);
      const write = (maria: ScopedDataSource) =>
        maria.transaction((manager) => manager.query('INSERT INTO account VALUES (1)'));
      const late = await errorAt(`sqlite:${file}`, write, { pool: { acquireTimeout: '20ms' } });
      expect(late).toMatchObject({ code: 'SKEP_LEASE_TIMEOUT' });
      expect(verdicts(late)).toEqual(passes);
    } finally {
      other.close();
      holder.close();
    }
  });

  it('a syntax error and a duplicate key stay', async () => {
    const statements = ['SELEKT 1', 'INSERT INTO entry VALUES (1), (1)'];
    for (const sql of statements) {
      const error = await errorAt(`sqlite:${file}`, (maria) =>
        maria.use(async (manager) => {
          await manager.query('CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY)');
          await manager.query(sql);
        }),
      );
      expect(error.name).toBe('QueryFailedError');
      expect(verdicts(error)).toEqual(stays);
    }
  });
});
