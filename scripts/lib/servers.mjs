// The servers that tests and benchmarks share, and the variables that tell where they are.
import { startMariaDb } from './mariadb.mjs';
import { startRedis } from './redis.mjs';

/**
 * Starts what there is, has it used, and removes it however that ends.
 *
 * @template T
 * @param {readonly string[]} mariaDbOptions options of mariadbd
 * @param {(env: Record<string, string>) => Promise<T>} use is given the variables
 * @returns {Promise<T>}
 */
export async function withServers(mariaDbOptions, use) {
  const mariaDb = await startMariaDb(mariaDbOptions);
  try {
    const redis = await startRedis();
    try {
      return await use({
        ...(mariaDb && { SKEP_TEST_MARIADB_URL: mariaDb.url }),
        ...(redis && { SKEP_TEST_REDIS_URL: redis.url }),
      });
    } finally {
      await redis?.remove();
    }
  } finally {
    await mariaDb?.remove();
  }
}
