// The Redis of the comparison: durable as a server usually is (append-only file, fsync each second), and emptied
// between measurements.
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RedisServer } from '../../test/support/servers/redis-server.js';

export class PrivateRedis {
  readonly #server: RedisServer;
  readonly #client: Redis;

  private constructor(server: RedisServer) {
    this.#server = server;
    this.#client = new Redis(server.url);
  }

  static async create(): Promise<PrivateRedis> {
    // It rewrites its file between measurements and not by itself in the midst of one.
    const options = ['--appendfsync', 'everysec', '--auto-aof-rewrite-percentage', '0'];
    return new PrivateRedis(await RedisServer.create({ options }));
  }

  get url(): string {
    return this.#server.url;
  }

  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.#client.info('server'))?.[1] ?? 'unknown';
  }

  /** Empties it, its file included. */
  async clear(): Promise<void> {
    await this.#client.flushall();
    await this.#client.bgrewriteaof();
    while (!/aof_rewrite_in_progress:0/.test(await this.#client.info('persistence'))) {
      await pause(20);
    }
  }

  async remove(): Promise<void> {
    this.#client.disconnect();
    await this.#server.remove();
  }
}
