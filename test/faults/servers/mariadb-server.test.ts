// The private server is what tests of faults stand on: it keeps data through a crash, and never outlives its owner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describeWithMaria } from '../../support/mariadb.js';
import { MariaServer } from '../../support/servers/mariadb-server.js';

async function query(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

describeWithMaria('a private MariaDB', () => {
  it('takes options, and keeps address, user and committed data through a kill and a restart', async () => {
    await using server = await MariaServer.create(['--wait-timeout=77']);
    const { url } = server;
    const options = await query(url, 'SELECT @@global.wait_timeout AS seconds');
    expect(options).toMatchObject([{ seconds: 77 }]);
    await query(url, 'CREATE DATABASE kept');
    await query(url, 'CREATE TABLE kept.t (n INT)');
    await query(url, 'INSERT INTO kept.t VALUES (7)');

    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.start();
    expect(await query(url, 'SELECT n FROM kept.t')).toMatchObject([{ n: 7 }]);

    const before = server.pid;
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(server.url).toBe(url);
    expect(await query(url, 'SELECT n FROM kept.t')).toMatchObject([{ n: 7 }]);
  });

  it('says what the server said when it does not start', async () => {
    await expect(MariaServer.create(['--no-such-option'])).rejects.toThrow(/no-such-option/);
  });

  it('ends, and takes its folder and nothing else along, when its owner is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skep-owner-'));
    // Of a server that starts at the same time.
    const foreign = join(folder, '#sql-temptable-1-1-1.MAI');
    writeFileSync(foreign, '');
    const owner = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'mariadb-server-owner.ts')],
      { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    try {
      const [port] = await once(owner.stdout.setEncoding('utf8'), 'data');
      const client = connect(Number(port), '127.0.0.1').resume();
      await once(client, 'connect');
      // A killed server closes or resets what is connected; either way it is gone.
      client.on('error', () => undefined);
      const serverIsGone = new Promise((resolve) => client.once('close', resolve));
      // The guardian shares the owner's stderr, so `close` comes when the guardian is done, too.
      const ownerAndGuardianAreGone = once(owner, 'close');
      owner.kill('SIGKILL');
      await Promise.all([serverIsGone, ownerAndGuardianAreGone]);
      expect(readdirSync(folder).filter((name) => name.startsWith('skep-'))).toEqual([]);
      expect(existsSync(foreign)).toBe(true);
    } finally {
      owner.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
