// What holds of "read only" when a statement gets past the fence of words: the server, with a user who may write.
import type { EntityManager } from 'typeorm';
import {
  dataSource,
  defineDataSource,
  type ScopedDataSource,
} from '../../src/datasources/index.js';
import { describeWithMaria, freshDatabase } from '../support/mariadb.js';
import { describeWithPostgres, freshPostgres } from '../support/postgres.js';
import { errorOf, install } from './support.js';

const declared = { env: 'FENCED_URL', role: 'external', embeddedFile: 'fenced.db' } as const;
const Fenced = defineDataSource({ ...declared, name: 'fenced' });
const Writable = defineDataSource({ ...declared, name: 'writable', readOnly: false });

function installed(url: string) {
  const made = install({
    environment: { FENCED_URL: url },
    plugins: [{ name: 'fenced', contributes: [dataSource(Fenced), dataSource(Writable)] }],
  });
  const run = made.openRun();
  return {
    fenced: run.source(Fenced),
    writable: run.source(Writable),
    async [Symbol.asyncDispose]() {
      await run.scope.dispose();
      await made.provider.close();
    },
  };
}

const rows = (source: ScopedDataSource) =>
  source.use(async (m) => Number((await m.query('SELECT count(*) AS n FROM t'))[0].n));

/** Past the fence of words, as a statement would get that it does not understand. */
const past = async (m: EntityManager, sql: string): Promise<unknown> => {
  const raw = await m.queryRunner?.connect();
  return raw.promise ? raw.promise().query(sql) : raw.query(sql);
};

describeWithMaria('a read-only source on MariaDB', () => {
  const { url } = freshDatabase('fenced');
  let site: ReturnType<typeof installed>;
  beforeAll(async () => {
    site = installed(url);
    await site.writable.use(async (m) => {
      await m.query('CREATE TABLE t (v VARCHAR(20))');
      await m.query(
        "CREATE FUNCTION writes() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO t VALUES ('f'); RETURN 1; END",
      );
      await m.query(
        'CREATE FUNCTION opens() RETURNS INT BEGIN SET SESSION TRANSACTION READ WRITE; RETURN 1; END',
      );
    });
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it('is not opened by a function that changes the session, in the same transaction or a later one', async () => {
    await site.fenced.use(async (m) => {
      await m.query('SELECT opens()');
      const error = await errorOf(() => m.query('SELECT writes()'));
      expect(error).toMatchObject({ code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION' });
      const inside = await errorOf(() => m.transaction((n) => n.query('SELECT writes()')));
      expect(inside).toMatchObject({ code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION' });
    });
    expect(await rows(site.writable)).toBe(0);
  });

  it('sees in each statement of a use what others have committed, and in a transaction one state', async () => {
    const add = (): Promise<unknown> =>
      site.writable.use((m) => m.query("INSERT INTO t VALUES ('x')"));
    const count = async (m: EntityManager): Promise<number> =>
      Number((await m.query('SELECT count(*) AS n FROM t'))[0].n);
    await site.fenced.use(async (m) => {
      expect(await count(m)).toBe(0);
      await add();
      expect(await count(m)).toBe(1);
    });
    await site.fenced.transaction(async (m) => {
      expect(await count(m)).toBe(1);
      await add();
      expect(await count(m)).toBe(1);
    });
    const level = (m: EntityManager) => m.query('SELECT count(*) AS n FROM t');
    await site.fenced.use((m) => m.transaction('SERIALIZABLE', level));
    await site.writable.use((m) => m.query('DELETE FROM t'));
  });

  it('reads a backslash and a quote as the driver writes them, whatever the mode of the server is', async () => {
    const [{ mode }] = await site.writable.use((m) => m.query('SELECT @@global.sql_mode AS mode'));
    expect(mode).toMatch(/ANSI_QUOTES/);
    expect(mode).toMatch(/NO_BACKSLASH_ESCAPES/);
    for (const source of [site.fenced, site.writable]) {
      const hostile = '\\\' OR 1=1 -- "';
      const [{ echo, own }] = await source.use((m) =>
        m.query('SELECT ? AS echo, @@sql_mode AS own', [hostile]),
      );
      expect(echo).toBe(hostile);
      expect(own).not.toMatch(/ANSI|NO_BACKSLASH_ESCAPES/);
    }
  });
});

describeWithPostgres('a read-only source on PostgreSQL', () => {
  const { url } = freshPostgres('fenced');
  let site: ReturnType<typeof installed>;
  beforeAll(async () => {
    site = installed(url);
    await site.writable.use(async (m) => {
      await m.query('CREATE TABLE t (v TEXT)');
      await m.query(
        "CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (1); RETURN 1; END'",
      );
    });
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it.each([
    "COMMIT; BEGIN READ WRITE; INSERT INTO t(v) VALUES ('several'); COMMIT",
    'SET TRANSACTION READ WRITE',
    "SELECT set_config('transaction_read_only', 'off', true)",
    'SET transaction_read_only = off',
  ])('refuses by itself: %s', async (sql) => {
    await site.fenced.use(async (m) => {
      await m.query('SELECT 1');
      await errorOf(() => past(m, sql));
    });
    expect(await rows(site.writable)).toBe(0);
  });

  it('begins each transaction read only, whatever the default of the session has become', async () => {
    await site.fenced.use(async (m) => {
      await past(m, "SELECT set_config('default_transaction_read_only', 'off', false)");
      const write = () => m.query('SELECT writes()');
      expect(await errorOf(write)).toMatchObject({ code: '25006' });
      expect(await errorOf(() => m.transaction(write))).toMatchObject({ code: '25006' });
      expect(
        await errorOf(() => m.transaction('SERIALIZABLE', (n) => n.query('SELECT writes()'))),
      ).toMatchObject({ code: '25006' });
    });
    expect(await rows(site.writable)).toBe(0);
  });

  it('lets a use go on after a statement that fails', async () => {
    await site.fenced.use(async (m) => {
      await errorOf(() => m.query('SELECT * FROM nothing'));
      expect(await m.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
    });
  });
});
