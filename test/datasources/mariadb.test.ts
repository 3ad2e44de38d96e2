// What only a server shows: killing, losing and refusing connections.
import { createServer, type Server } from 'node:net';
import { createConnection } from 'mysql2/promise';
import type { MigrationInterface } from 'typeorm';
import {
  ConnectionError,
  Hris,
  Maria,
  migrations,
  QueryFailedError,
} from '../../src/datasources/index.js';
import { describeWithMaria, freshDatabase, processList, statement } from '../support/mariadb.js';
import { quick } from '../support/quick.js';
import { HalfOpenProxy } from '../support/servers/half-open-proxy.js';
import { until } from '../support/until.js';
import { asInTime, errorOf, install } from './support.js';

class CreateAny1764000000000 implements MigrationInterface {
  up = async (): Promise<void> => undefined;
  down = async (): Promise<void> => undefined;
}

/** Of the ports that are reserved for the system, so that no other test listens there meanwhile. */
const dead = 'mysql://u:hunter2@127.0.0.1:1/d';

describeWithMaria('connections to MariaDB', () => {
  const database = freshDatabase('connections');
  const connections = async () =>
    (await processList(database.url)).filter((each) => each.database === database.name);
  const executing = (sql: string) =>
    until(async () => (await connections()).some(({ statement }) => statement?.includes(sql)));
  const installed = (options: object = {}, url = database.url) =>
    install({
      environment: { MARIA_URL: url, HRIS_URL: url },
      options: { maria: options, hris: options },
    });

  it('kills what a run executes on the server, at once', async () => {
    const { provider, openRun } = installed();
    const { scope, source } = openRun();
    const sleeping = errorOf(() =>
      source(Maria).use((m) => m.query('SELECT SLEEP(600) /* one */')),
    );
    const locking = errorOf(() =>
      source(Hris).transaction((m) => m.query('SELECT SLEEP(600) /* two */')),
    );
    await Promise.all([executing('/* one */'), executing('/* two */')]);
    // Left alone, the server would sleep for longer than a test may take.
    expect(await scope.kill()).toEqual([]);
    expect(await sleeping).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    expect(await locking).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    await until(async () => (await connections()).length === 0);
    expect(await errorOf(() => source(Maria).use(async () => 1))).toMatchObject({
      code: 'SKEP_SCOPE_CLOSED',
    });
    expect(await scope.dispose()).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 2, closed: 0, killed: 2, leaked: 0 });
    expect(provider.account()).toMatchObject({ open: 0, killed: 2 });
  });

  it('kills others while one kill is held up', async () => {
    await using proxy = await HalfOpenProxy.create(Number(new URL(database.url).port));
    const { openRun } = installed({}, proxy.through(database.url));
    const [first, second] = [openRun(), openRun()];
    const sleeps = [first, second].map(({ source }, index) =>
      errorOf(() => source(Maria).use((m) => m.query(`SELECT SLEEP(600) /* held up ${index} */`))),
    );
    await Promise.all([executing('/* held up 0 */'), executing('/* held up 1 */')]);
    // The control connection of the first gets no answer …
    proxy.silence();
    const cutOff = proxy.dead;
    const heldUp = first.scope.kill();
    await until(async () => proxy.dead > cutOff);
    // … when the next one is to be killed.
    await proxy.restore();
    expect(await second.scope.kill()).toEqual([]);
    expect(second.scope.ledger()).toMatchObject({ killed: 1 });
    await until(async () =>
      (await connections()).every(({ statement }) => !statement?.includes('/* held up 1 */')),
    );
    proxy.cut();
    await Promise.all([heldUp, ...sleeps]);
  });

  it('kills what was not awaited when the run is disposed', async () => {
    const { openRun } = installed();
    const { scope, source, records } = openRun();
    const floating = errorOf(() =>
      source(Maria).use((m) => m.query('SELECT SLEEP(600) /* three */')),
    );
    await executing('/* three */');
    expect(await scope.dispose()).toEqual([]);
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    const id = records()[0]?.connectionId;
    await until(async () => (await connections()).every((each) => each.id !== id));
    expect(scope.ledger()).toEqual({ opened: 1, closed: 0, killed: 1, leaked: 0 });
  });

  it('kills a stream that was given up', async () => {
    const { openRun, lines } = installed();
    const { scope, source } = openRun();
    await source(Maria).use(async (m) => {
      const rows = await m.queryRunner?.stream('SELECT seq FROM seq_1_to_1000000');
      for await (const row of rows ?? []) {
        expect(row).toEqual({ seq: 1 });
        break;
      }
    });
    expect(scope.ledger()).toMatchObject({ opened: 1, killed: 1 });
    const all = await source(Maria).use(async (m) => {
      let count = 0;
      const rows = await m.queryRunner?.stream('SELECT seq FROM seq_1_to_1000');
      for await (const _ of rows ?? []) count += 1;
      return count;
    });
    expect(all).toBe(1_000);
    await scope.dispose();
    expect(asInTime(scope.ledger(), lines)).toMatchObject({
      opened: 2,
      killed: 1,
      closed: 1,
      leaked: 0,
    });
  });

  it('closes the connections of a run when it ends: their ids are gone from the process list', async () => {
    const { openRun } = installed();
    const { scope, source, records } = openRun();
    await Promise.all(
      [source(Maria), source(Hris)].map((each) => each.use((m) => m.query('SELECT 1'))),
    );
    const ids = records().map(({ connectionId }) => connectionId);
    expect(ids).toHaveLength(2);
    // Those of the tests before this one are closed; the server may list them for a moment longer.
    await until(async () => {
      const listed = (await connections()).map(({ id }) => id);
      return listed.length === 2 && ids.every((id) => listed.includes(id));
    });
    await scope.dispose();
    await until(async () => (await connections()).length === 0);
  });

  it.each(['run', 'shared'])(
    'needs no force for a connection that does nothing, of the lifetime "%s"',
    async (lifetime) => {
      // A machine that stands still may take longer to close than it is waited for.
      await quick(0, async () => {
        const { provider, openRun } = installed({ lifetime });
        const { scope, source } = openRun();
        await source(Maria).use((m) => m.query('SELECT 1'));
        await scope.dispose();
        await provider.close();
        return provider.account().killed;
      });
    },
  );

  it('reports a connection that the server ends as SKEP_CONNECTION_LOST, and goes on with another', async () => {
    const { openRun, lines } = installed();
    const { scope, source, records } = openRun();
    const floating = errorOf(() =>
      source(Maria).use((m) => m.query('SELECT SLEEP(600) /* four */')),
    );
    await executing('/* four */');
    const control = await createConnection({ uri: database.url });
    await control.query(`KILL CONNECTION ${records()[0]?.connectionId}`);
    const error = await floating;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'SKEP_CONNECTION_LOST' });
    expect(error.cause).toBeInstanceOf(QueryFailedError);
    // The same for one that lies idle in the run.
    await source(Maria).use((m) => m.query('SELECT 1'));
    await control.query(`KILL CONNECTION ${records()[1]?.connectionId}`);
    await until(async () => (await connections()).length <= 1);
    await control.end();
    expect(await source(Maria).use((m) => m.query('SELECT 5 AS five'))).toEqual([{ five: 5 }]);
    await scope.dispose();
    expect(asInTime(scope.ledger(), lines)).toEqual({ opened: 3, closed: 3, killed: 0, leaked: 0 });
  });

  it('replaces warm connections that the server has ended', async () => {
    const { provider, openRun, lines } = installed({ lifetime: 'shared' });
    const first = openRun();
    await first.source(Maria).use((m) => m.query('SELECT 1'));
    await first.scope.dispose();
    const control = await createConnection({ uri: database.url });
    await control.query(`KILL CONNECTION ${first.records()[0]?.connectionId}`);
    await control.end();
    await until(async () => (await connections()).length === 0);
    const second = openRun();
    expect(await second.source(Maria).use((m) => m.query('SELECT 5 AS five'))).toEqual([
      { five: 5 },
    ]);
    await second.scope.dispose();
    expect(provider.account(Maria)).toMatchObject({ opened: 2, open: 1 });
    await provider.close();
    expect(asInTime(provider.account(Maria), lines)).toMatchObject({
      opened: 2,
      closed: 2,
      open: 0,
    });
  });

  it('reads and writes times in UTC, dates as text, and large numbers exactly', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const [row] = await source(Maria).use((m) =>
      m.query(
        `SELECT @@session.time_zone AS zone, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 23:30:00' AS at,
                COUNT(*) AS count, 9007199254740993 AS large, ? AS given`,
        [new Date('2024-03-10T01:02:03Z')],
      ),
    );
    expect(row).toEqual({
      zone: '+00:00',
      day: '2024-02-29',
      at: new Date('2024-02-29T23:30:00Z'),
      count: 1,
      large: '9007199254740993',
      given: '2024-03-10 01:02:03.000',
    });
    const two = await errorOf(() => source(Maria).use((m) => m.query('SELECT 1; SELECT 2')));
    expect(two).toBeInstanceOf(QueryFailedError);
    await scope.dispose();
  });

  it('names the remedy for a wrong password, and never the password', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2';
    const { provider, openRun } = installed({}, url.href);
    const { scope, source } = openRun();
    const error = await errorOf(() => source(Maria).use(async () => 1));
    const address = `mariadb://${url.username}@127.0.0.1:${url.port}/${database.name}`;
    expect(error).toMatchObject({
      code: 'SKEP_ACCESS_DENIED',
      // The server's own words say which user from which host it took the connection for.
      message: expect.stringContaining(
        `maria: ${address} refuses the login: Access denied for user '${url.username}'@'`,
      ),
      details: { source: 'maria', address },
    });
    expect(error).not.toBeInstanceOf(ConnectionError);
    expect(error.cause).toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    await scope.dispose();
    expect(scope.ledger().opened).toBe(0);
    expect(provider.account().opened).toBe(0);
  });

  it('tells a database that the user may not use, and a right that is missing, from a wrong password', async () => {
    const user = `nobody_${database.name.slice(-12)}`;
    await statement(`CREATE USER '${user}'@'127.0.0.1' IDENTIFIED BY 'pw'`);
    try {
      const url = new URL(database.url);
      url.username = user;
      url.password = 'pw';
      const barred = installed({}, url.href).openRun();
      const error = await errorOf(() => barred.source(Maria).use(async () => 1));
      expect(error).toMatchObject({
        code: 'SKEP_ACCESS_DENIED',
        message: expect.stringMatching(
          /lets the user in, and not into this database: Access denied for user '.+'@'127\.0\.0\.1' to database/,
        ),
      });
      await barred.scope.dispose();
      await statement(`GRANT SELECT ON \`${database.name}\`.* TO '${user}'@'127.0.0.1'`);
      const { provider } = install({
        environment: { MARIA_URL: url.href },
        plugins: [{ name: 'any', contributes: [migrations([CreateAny1764000000000])] }],
      });
      expect(await errorOf(() => provider.migrator.run())).toMatchObject({
        code: 'SKEP_ACCESS_DENIED',
        message: expect.stringMatching(/^maria: .*CREATE command denied/),
      });
      await provider.close();
    } finally {
      await statement(`DROP USER '${user}'@'127.0.0.1'`);
    }
  });

  it('names a database that is not there', async () => {
    const url = new URL('no_such_database', database.url);
    const { openRun } = installed({}, url.href);
    const { scope, source } = openRun();
    const error = await errorOf(() => source(Maria).use(async () => 1));
    expect(error).toMatchObject({ code: 'SKEP_CONNECT_FAILED' });
    expect(error.message).toMatch(
      /^maria cannot be reached at .*no_such_database: Unknown database/,
    );
    await scope.dispose();
  });

  it('connects again after an attempt that was cut off', async () => {
    const { provider, openRun } = installed({ pool: { max: 1 } });
    const first = openRun();
    const floating = errorOf(() => first.source(Maria).use(async () => 1));
    await first.scope.dispose();
    await floating;
    const second = openRun();
    expect(await second.source(Maria).use((m) => m.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    await second.scope.dispose();
    expect(provider.account()).toMatchObject({ open: 0, leaked: 0 });
  });
});

describe('a server that cannot be reached', () => {
  const attempt = async (url: string, options: object = {}) => {
    const { provider, openRun } = install({
      environment: { MARIA_URL: url },
      options: { maria: options },
    });
    const { scope, source } = openRun();
    const error = await errorOf(() => source(Maria).use(async () => 1));
    expect(await scope.dispose()).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 0, closed: 0, killed: 0, leaked: 0 });
    await provider.close();
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'SKEP_CONNECT_FAILED' });
    expect(JSON.stringify({ ...error, text: error.message })).not.toContain('hunter2');
    return error;
  };

  it('is named with host, port, database and user when nothing listens there', async () => {
    const error = await attempt(dead);
    expect(error.message).toBe(
      'maria cannot be reached at mariadb://u@127.0.0.1:1/d: nothing accepts connections there',
    );
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is named when its host is unknown', async () => {
    // Whoever looks up names may take as long as a connection may.
    const error = await attempt('mysql://u:hunter2@no-server.invalid/d', { connectTimeout: '10m' });
    expect(error.message).toMatch(
      /no-server\.invalid:3306\/d: (the host is unknown|the host name cannot)/,
    );
  });

  describe('because it accepts and says nothing', () => {
    let silent: Server;
    let port = 0;
    const accepted: Promise<void>[] = [];
    beforeEach(async () => {
      silent = createServer();
      accepted.push(new Promise((resolve) => silent.once('connection', () => resolve())));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const address = silent.address();
      port = typeof address === 'object' && address ? address.port : 0;
    });
    afterEach(() => silent.close());

    it('is given up after connectTimeout', async () => {
      const error = await attempt(`mysql://u:hunter2@127.0.0.1:${port}/d`, {
        connectTimeout: '50ms',
      });
      expect(error.message).toMatch(/no answer in time$/);
    });

    it('does not hold up the end of a run', async () => {
      const { openRun } = install({
        environment: { MARIA_URL: `mysql://u@127.0.0.1:${port}/d` },
        // Longer than a test may take.
        options: { maria: { connectTimeout: '10m' } },
      });
      const { scope, source } = openRun();
      const floating = errorOf(() => source(Maria).use(async () => 1));
      await accepted.at(-1);
      expect(await scope.dispose()).toEqual([]);
      expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    });
  });
});
