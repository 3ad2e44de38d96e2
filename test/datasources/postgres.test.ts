// PostgreSQL as an external source.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import {
  ConnectionError,
  dataSource,
  defineDataSource,
  QueryFailedError,
} from '../../src/datasources/index.js';
import { describeWithPostgres, freshPostgres } from '../support/postgres.js';
import { until } from '../support/until.js';
import { errorOf, install } from './support.js';

const declared = { env: 'ORDERS_URL', role: 'external', embeddedFile: 'orders.db' } as const;
const Orders = defineDataSource({ ...declared, name: 'orders' });
const Billing = defineDataSource({ ...declared, name: 'billing', readOnly: false });

const installed = (url: string, options: object = {}) =>
  install({
    environment: { ORDERS_URL: url },
    options: { orders: options, billing: options },
    plugins: [{ name: 'orders', contributes: [dataSource(Orders), dataSource(Billing)] }],
  });

describe('a PostgreSQL that cannot be reached', () => {
  it('is named without the password', async () => {
    // Of the ports that are reserved for the system, so that no other test listens there meanwhile.
    const { provider, openRun } = installed('postgres://u:hunter2@127.0.0.1:1/d');
    const { scope, source } = openRun();
    expect(source(Orders).dialect).toBe('postgres');
    const error = await errorOf(() => source(Orders).use(async () => 1));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe(
      'orders cannot be reached at postgres://u@127.0.0.1:1/d: nothing accepts connections there',
    );
    expect(await scope.dispose()).toEqual([]);
    expect(provider.account()).toMatchObject({ opened: 0 });
  });

  it('does not hold up the end of a run when it says nothing', async () => {
    const silent = createServer();
    const accepted = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const { openRun } = installed(`postgres://u@127.0.0.1:${port}/d`);
    const { scope, source } = openRun();
    const floating = errorOf(() => source(Orders).use(async () => 1));
    await accepted;
    expect(await scope.dispose()).toEqual([]);
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    silent.close();
  });
});

describeWithPostgres('connections to PostgreSQL', () => {
  const { url: server, name: database } = freshPostgres('orders');
  const sites: ReturnType<typeof install>[] = [];
  const site = (options: object = {}, url = server) => {
    const made = installed(url, options);
    sites.push(made);
    return made;
  };
  const activity = async (): Promise<{ pid: number; query: string; state: string }[]> => {
    const { openRun } = installed(server);
    const { scope, source } = openRun();
    const rows = await source(Billing).use((m) =>
      m.query(
        `SELECT pid, query, state FROM pg_stat_activity
            WHERE datname = '${database}' AND pid <> pg_backend_pid()`,
      ),
    );
    await scope.dispose();
    return rows;
  };

  beforeEach(async () => {
    const { openRun } = site();
    const { scope, source } = openRun();
    await source(Billing).use(async (m) => {
      await m.query('CREATE TABLE IF NOT EXISTS orders (n INTEGER)');
      await m.query('TRUNCATE orders');
    });
    await scope.dispose();
  });

  afterEach(async () => {
    for (const { provider } of sites.splice(0)) {
      await provider.close();
      expect(provider.account()).toMatchObject({ open: 0, leaked: 0 });
    }
    await until(async () => (await activity()).length === 0);
  });

  it('commits, rolls back, reuses within the run and closes at its end', async () => {
    const { openRun } = site();
    const { scope, source, records } = openRun();
    const billing = source(Billing);
    await billing.transaction((m) => m.query('INSERT INTO orders VALUES ($1)', [1]));
    await errorOf(() =>
      billing.transaction(async (m) => {
        await m.query('INSERT INTO orders VALUES (2)');
        throw new Error('changed its mind');
      }),
    );
    expect(await billing.use((m) => m.query('SELECT n FROM orders'))).toEqual([{ n: 1 }]);
    expect(records()).toHaveLength(1);
    const pid = records()[0]?.connectionId;
    expect((await activity()).map((each) => each.pid)).toContain(pid);
    await scope.dispose();
    expect(scope.ledger()).toEqual({ opened: 1, closed: 1, killed: 0, leaked: 0 });
  });

  it('shares connections, but none with traces', async () => {
    const { provider, openRun } = site({ lifetime: 'shared' });
    const { scope, source } = openRun();
    await source(Orders).use((m) => m.query('SELECT 1'));
    await source(Orders).use((m) => m.query('SELECT 1'));
    expect(provider.account(Orders)).toMatchObject({ opened: 1, open: 1 });
    await source(Billing).use((m) => m.query("SET search_path TO 'elsewhere'"));
    expect(provider.account(Billing)).toMatchObject({ opened: 1, open: 0 });
    await scope.dispose();
  });

  it('is read only twice over', async () => {
    const { openRun } = site();
    const { scope, source } = openRun();
    const fence = await errorOf(() => source(Orders).use((m) => m.query('DELETE FROM orders')));
    expect(fence).toMatchObject({ code: 'SKEP_READ_ONLY' });
    const session = await errorOf(() =>
      source(Orders).use(async (m) => {
        const raw = await m.queryRunner?.connect();
        return raw.query('DELETE FROM orders');
      }),
    );
    expect(session).toMatchObject({ code: '25006' });
    const sequence = await errorOf(() =>
      source(Orders).use((m) => m.query("SELECT setval('s', 1) FROM (SELECT 1) AS one")),
    );
    expect(sequence).toBeInstanceOf(QueryFailedError);
    await scope.dispose();
  });

  it('kills what a run executes, on kill and on disposal', async () => {
    const { openRun } = site();
    const { scope, source } = openRun();
    const floating = errorOf(() => source(Orders).use((m) => m.query('SELECT pg_sleep(600)')));
    await until(async () =>
      (await activity()).some(
        ({ query, state }) => query.includes('pg_sleep(600)') && state === 'active',
      ),
    );
    // Left alone, the server would sleep for longer than a test may take.
    await scope.kill();
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    const forgotten = openRun();
    const late = errorOf(() =>
      forgotten.source(Orders).use((m) => m.query('SELECT pg_sleep(600)')),
    );
    await until(async () => (await activity()).length > 0);
    expect(await forgotten.scope.dispose()).toEqual([]);
    expect(await late).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    await scope.dispose();
    expect(scope.ledger()).toMatchObject({ opened: 1, killed: 1, leaked: 0 });
  });

  it('reports a connection that the server ends', async () => {
    const { openRun } = site();
    const { scope, source, records } = openRun();
    const floating = errorOf(() => source(Orders).use((m) => m.query('SELECT pg_sleep(600)')));
    await until(async () => (await activity()).length > 0);
    await source(Billing).use((m) =>
      m.query(`SELECT pg_terminate_backend(${records()[0]?.connectionId})`),
    );
    expect(await floating).toMatchObject({
      name: 'ConnectionError',
      code: 'SKEP_CONNECTION_LOST',
    });
    await scope.dispose();
    expect(scope.ledger()).toMatchObject({ opened: 2, closed: 2 });
  });

  it('says what it is', async () => {
    const { provider } = site();
    const began = performance.now();
    const report = await provider.probe(Orders);
    const mostMs = performance.now() - began;
    expect(report).toMatchObject({ dialect: 'postgres', readOnly: true });
    expect(report.version).toMatch(/^PostgreSQL \d+/);
    expect(Math.abs(report.clockSkewMs ?? Number.NaN)).toBeLessThanOrEqual(mostMs);
  });

  it('refuses a database or a user that is not there', async () => {
    const database = site({}, new URL('/no_such_database', server).href).openRun();
    const missing = await errorOf(() => database.source(Orders).use(async () => 1));
    expect(missing).toMatchObject({ code: 'SKEP_CONNECT_FAILED' });
    expect(missing.message).toMatch(/does not exist/);
    await database.scope.dispose();
    const url = new URL(server);
    url.username = 'nobody_of_that_name';
    const user = site({}, url.href).openRun();
    const denied = await errorOf(() => user.source(Orders).use(async () => 1));
    expect(denied).toMatchObject({ code: 'SKEP_ACCESS_DENIED' });
    await user.scope.dispose();
  });
});
