// What becomes of a Redis that loses its memory without going away.
import { Redis } from 'ioredis';
import type { RedisServer } from '../support/servers/redis-server.js';

/** FLUSHALL. */
export async function empty({ url }: Pick<RedisServer, 'url'>): Promise<void> {
  const client = new Redis(url);
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}
