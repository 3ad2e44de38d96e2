// The private server is what suites on PostgreSQL stand on: it keeps what it acknowledged, and never outlives its owner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PgClient } from '../../../src/datasources/engines/postgres-driver.js';
import { connectPostgres, describeWithPostgres } from '../../support/postgres.js';
import { PostgresServer } from '../../support/servers/postgres-server.js';

async function query<Row>(server: string, sql: string): Promise<Row[]> {
  const client = await connectPostgres(new URL('postgres', server).href);
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const endOf = (client: PgClient): Promise<void> =>
  new Promise((resolve) => client.once('end', () => resolve()));

describeWithPostgres('a private PostgreSQL', () => {
  it('takes options, and keeps address, user and committed data through a crash and a restart', async () => {
    await using server = await PostgresServer.create(['-c', 'max_connections=17']);
    const { url } = server;
    expect(await query(url, 'SHOW max_connections')).toEqual([{ max_connections: '17' }]);
    const stranger = new URL(url);
    stranger.password = 'guessed';
    await expect(query(stranger.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await query(url, 'CREATE TABLE t (n INT)');
    await query(url, 'INSERT INTO t VALUES (7)');

    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.start();
    expect(await query(url, 'SELECT n FROM t')).toEqual([{ n: 7 }]);

    const before = server.pid;
    // It does not wait for clients to leave.
    const client = await connectPostgres(new URL('postgres', url).href);
    const ended = endOf(client);
    await server.restart();
    await ended;
    expect(server.pid).not.toBe(before);
    expect(server.url).toBe(url);
    expect(await query(url, 'SELECT n FROM t')).toEqual([{ n: 7 }]);
  });

  it('repeats what the server wrote when it does not start', async () => {
    await expect(PostgresServer.create(['-c', 'no_such_option=1'])).rejects.toThrow(
      /no_such_option/,
    );
  });

  it('ends, and takes its folder along, when its owner is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skep-owner-'));
    chmodSync(folder, 0o755); // the server's user must reach its own folder in it
    const owner = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./postgres-server-owner.ts', import.meta.url))],
      { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    try {
      const [url] = await once(owner.stdout.setEncoding('utf8'), 'data');
      const client = await connectPostgres(new URL('postgres', String(url)).href);
      const serverIsGone = endOf(client);
      // The guardian shares the owner's stderr, so `close` follows when the guardian is done, too.
      const ownerAndGuardianAreGone = once(owner, 'close');
      owner.kill('SIGKILL');
      await Promise.all([serverIsGone, ownerAndGuardianAreGone]);
      expect(readdirSync(folder).filter((name) => name.startsWith('skep-'))).toEqual([]);
    } finally {
      owner.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
