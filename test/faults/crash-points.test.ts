// kill -9 between each pair of steps of a run: a crash point before and after each write, enumerated in crash-points.ts.
// On MariaDB with Redis.
import { freshDatabase } from '../support/mariadb.js';
import { describeWithRedisAndMaria, freshRedis } from '../support/redis.js';
import { crashPoints } from './crash-points.js';
import { proveAll, timeoutMs, what } from './crash-proof.js';

describeWithRedisAndMaria('crash points on MariaDB and Redis', () => {
  const databases = [freshDatabase('crash'), freshDatabase('crash')] as const;
  const redis = freshRedis('crash');

  it(
    what,
    async () => {
      const { url: redisUrl, prefix } = redis;
      const [one, two] = databases;
      await proveAll('MariaDB and Redis', crashPoints(), [
        { mariaUrl: one.url, redisUrl, redisPrefix: `${prefix}-1` },
        { mariaUrl: two.url, redisUrl, redisPrefix: `${prefix}-2` },
      ]);
    },
    timeoutMs,
  );
});
