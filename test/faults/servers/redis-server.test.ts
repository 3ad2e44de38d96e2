// The private server is what tests of faults stand on: it keeps what it acknowledged, and never outlives its owner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describeWithRedis } from '../../support/redis.js';
import { RedisServer } from '../../support/servers/redis-server.js';

/** One conversation with the server, on a connection that does not try again. */
async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  // The rejection of the question tells the same.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    // One that has ended by itself would wait for the end of its connection once more.
    if (redis.status !== 'end') redis.disconnect();
  }
}

describeWithRedis('a private Redis', () => {
  it('keeps its address and what it acknowledged through a kill and a restart', async () => {
    await using server = await RedisServer.create({ options: ['--appendfsync', 'always'] });
    const { url } = server;
    await ask(url, (redis) => redis.set('kept', '7'));

    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(ask(url, (redis) => redis.ping())).rejects.toThrow(/closed|ECONNREFUSED/);
    await server.start();
    expect(await ask(url, (redis) => redis.get('kept'))).toBe('7');

    const before = server.pid;
    await ask(url, (redis) => redis.incr('kept'));
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(server.url).toBe(url);
    expect(await ask(url, (redis) => redis.get('kept'))).toBe('8');
  });

  it('takes options of redis-server and a password, which it asks for', async () => {
    const password = 'p@ss/word';
    await using server = await RedisServer.create({ password, options: ['--maxclients', '77'] });
    expect(await ask(server.url, (redis) => redis.config('GET', 'maxclients'))).toEqual([
      'maxclients',
      '77',
    ]);
    const stranger = `redis://127.0.0.1:${server.port}/`;
    await expect(ask(stranger, (redis) => redis.get('kept'))).rejects.toThrow(/NOAUTH|closed/);
  });

  it('says what the server said when it does not start', async () => {
    await expect(RedisServer.create({ options: ['--no-such-option', '1'] })).rejects.toThrow(
      /no-such-option/,
    );
  });

  it('ends, and takes its folder along, when its owner is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skep-owner-'));
    const owner = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./redis-server-owner.ts', import.meta.url))],
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
    } finally {
      owner.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
