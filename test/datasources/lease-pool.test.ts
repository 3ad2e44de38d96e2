// How connections end when the other side does not behave: with a scripted engine, and through a network that
// falls silent.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Maria } from '../../src/datasources/index.js';
import { endless, type Patience } from '../../src/datasources/permits.js';
import { describeWithMaria, freshDatabase, processList } from '../support/mariadb.js';
import { until } from '../support/until.js';
import { poolOf, ScriptedConnection } from './scripted-pool.js';
import { errorOf, install } from './support.js';

describe('the end of a connection', () => {
  it('is closed when the other side lets go', async () => {
    const { pool, killed } = poolOf();
    expect(await pool.end(await pool.acquire(endless), 'close')).toBe('closed');
    expect(killed).toEqual([]);
    expect(pool.account()).toEqual({ opened: 1, closed: 1, killed: 0, leaked: 0, open: 0 });
  });

  it('is forced through the server when it does not', async () => {
    const { pool, connections, killed, lines } = poolOf();
    const lease = await pool.acquire(endless);
    const [connection] = connections;
    if (connection) connection.closing = () => Promise.reject(new Error('no answer'));
    expect(await pool.end(lease, 'close')).toBe('killed');
    expect(killed).toEqual([1]);
    expect(lines.map(({ message }) => message)).toEqual(['closing a connection failed']);
  });

  it('counts as leaked when neither can be proven, and is let go of on this side', async () => {
    const { pool, connections, lines, failKilling } = poolOf();
    failKilling();
    const lease = await pool.acquire(endless);
    expect(await pool.end(lease, 'kill')).toBe('leaked');
    expect(connections[0]?.destroyed).toBe(true);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        message: 'a connection could not be killed on the server',
        fields: { connectionId: 1 },
      },
    ]);
    expect(pool.account()).toMatchObject({ leaked: 1, open: 0 });
  });

  it('is never forced for one that the server has ended: its number may be another connection by now', async () => {
    const { pool, connections, killed } = poolOf();
    const lease = await pool.acquire(endless);
    const [connection] = connections;
    if (connection) connection.lost = true;
    expect(await pool.end(lease, 'kill')).toBe('closed');
    expect(killed).toEqual([]);
  });
});

describe('a connection that opens after nobody waits for it any more', () => {
  it('is closed, and its place in the pool is free', async () => {
    let over = false;
    const reason = new Error('the run has ended');
    const patience: Patience = {
      get over() {
        return over;
      },
      signal: AbortSignal.abort(reason),
    };
    const { pool, connections } = poolOf({
      max: 1,
      opening: async () => {
        over = true;
      },
    });
    expect(await errorOf(() => pool.acquire(patience))).toBe(reason);
    expect(connections).toHaveLength(1);
    expect(pool.account()).toEqual({ opened: 1, closed: 1, killed: 0, leaked: 0, open: 0 });
    expect((await pool.acquire(endless)).connection.id).toBe(2);
  });
});

describe('a warm connection', () => {
  it('is trusted for a moment, then asked whether it still answers', async () => {
    const { pool } = poolOf();
    const connection = new ScriptedConnection(1);
    expect(await pool.answers(connection, performance.now())).toBe(true);
    expect(connection.pings).toBe(0);
    expect(await pool.answers(connection, performance.now() - 5_000)).toBe(true);
    expect(connection.pings).toBe(1);
    connection.answering = () => Promise.reject(new Error('half open'));
    expect(await pool.answers(connection, performance.now() - 5_000)).toBe(false);
  });

  it('is used again, the latest first, and all are closed with the pool', async () => {
    const { pool, connections } = poolOf();
    const both = [await pool.acquire(endless), await pool.acquire(endless)];
    for (const lease of both) expect(await pool.giveBack(lease)).toBe('closed');
    expect((await pool.acquire(endless)).connection.id).toBe(2);
    expect(connections).toHaveLength(2);
    await pool.close();
    expect(pool.account()).toMatchObject({ opened: 2, closed: 1, open: 1 });
  });
});

/** A way to a server that can fall silent: nothing is refused, nothing arrives. */
async function wayTo(url: string) {
  const { hostname, port } = new URL(url);
  const pairs: [Socket, Socket][] = [];
  let silent = false;
  const proxy: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    pairs.push([near, far]);
    near.on('error', () => undefined);
    far.on('error', () => undefined);
    if (silent) return;
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const target = new URL(url);
  target.port = String(typeof address === 'object' ? address?.port : 0);
  return {
    url: target.href,
    /** What is open falls silent; with `allNew`, what is opened later as well. */
    fallSilent(allNew: boolean): void {
      silent = allNew;
      for (const [near, far] of pairs) {
        near.unpipe();
        far.unpipe();
        near.pause();
        far.pause();
      }
    },
    end(): void {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      proxy.close();
    },
  };
}

describeWithMaria('a network that falls silent', () => {
  const database = freshDatabase('silence');
  const connections = async () =>
    (await processList(database.url)).filter((each) => each.database === database.name);

  it('costs a run its connection, which is then killed over another', async () => {
    const way = await wayTo(database.url);
    const { openRun } = install({ environment: { MARIA_URL: way.url } });
    const { scope, source } = openRun();
    await source(Maria).use((m) => m.query('SELECT 1'));
    way.fallSilent(false);
    expect(await scope.dispose()).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 1, closed: 0, killed: 1, leaked: 0 });
    await until(async () => (await connections()).length === 0);
    way.end();
  });

  it('leaves a leak that the ledger admits when no way is left', async () => {
    const way = await wayTo(database.url);
    // With the usual connectTimeout: the run has to connect before, on a machine that may stand still meanwhile.
    const { provider, openRun, lines } = install({ environment: { MARIA_URL: way.url } });
    const { scope, source } = openRun();
    await source(Maria).use((m) => m.query('SELECT 1'));
    way.fallSilent(true);
    expect(await scope.dispose()).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 1, closed: 0, killed: 0, leaked: 1 });
    expect(provider.account()).toMatchObject({ leaked: 1, open: 0 });
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
    expect(await connections()).toHaveLength(1);
    way.end();
    await until(async () => (await connections()).length === 0);
  });

  it('ends a statement when the run is killed', async () => {
    const way = await wayTo(database.url);
    const { openRun } = install({ environment: { MARIA_URL: way.url } });
    const { scope, source } = openRun();
    await source(Maria).use((m) => m.query('SELECT 1'));
    way.fallSilent(false);
    const floating = errorOf(() => source(Maria).use((m) => m.query('SELECT 2')));
    expect(await scope.kill()).toEqual([]);
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    await scope.dispose();
    expect(scope.ledger()).toMatchObject({ opened: 1, leaked: 0 });
    way.end();
  });
});
