// The Redis that `npm test` starts, as the suites see it: suites that need it, and keys of their own for every test.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { describeWithMaria } from './mariadb.js';

const url = process.env.SKEP_TEST_REDIS_URL;
const { skip: describeAsSkipped } = describe;

/**
 * Declares a suite that needs Redis. Without one its tests are counted and named as skipped by `npm test`; where `CI`
 * is set they fail.
 */
export function describeWithRedis(name: string, suite: () => void): void {
  if (url !== undefined) describe(name, suite);
  else if (!process.env.CI) describeAsSkipped(`${name} (needs Redis)`, suite);
  else {
    describe(name, () => {
      it('has the Redis it needs', () => {
        throw new Error('SKEP_TEST_REDIS_URL is not set: run the suite through `npm test`');
      });
    });
  }
}

/** Declares a suite that needs both servers. */
export function describeWithRedisAndMaria(name: string, suite: () => void): void {
  if (url === undefined) describeWithRedis(name, suite);
  else describeWithMaria(name, suite);
}

export interface FreshRedis {
  readonly url: string;
  /** Of the keys of the test that is running; for the option `prefix` of the broker. No two tests have the same. */
  readonly prefix: string;
}

/**
 * The shared Redis with a prefix for each test of the surrounding suite. All keys with one of these prefixes are
 * removed after the last test. Call it in the body of `describeWithRedis`, before the hooks that use it.
 */
export function freshRedis(label = 'test'): FreshRedis {
  const suite = randomBytes(6).toString('hex');
  let tests = 0;
  beforeEach(() => {
    tests += 1;
  });
  afterAll(() => removeKeys(suite));
  return {
    url: url ?? 'redis://no-server.invalid/',
    get prefix() {
      return `${label}${tests}-${suite}`;
    },
  };
}

async function removeKeys(part: string): Promise<void> {
  if (url === undefined) throw new Error('SKEP_TEST_REDIS_URL is not set');
  const redis = new Redis(url);
  try {
    for await (const keys of redis.scanStream({ match: `*${part}*`, count: 1_000 })) {
      const found: string[] = keys;
      if (found.length > 0) await redis.unlink(found);
    }
  } finally {
    redis.disconnect();
  }
}
