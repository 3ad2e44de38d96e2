// Which versions of Redis are taken, and what is said of one that is too old: a real server that names another version.
import { describeWithRedis, freshRedis } from '../../../support/redis.js';
import { VersionProxy } from '../../../support/servers/version-proxy.js';
import { type Finished, site, skep } from '../../../support/skep.js';
import { BeeQueueHarness } from './bee-queue-harness.js';

describeWithRedis('the version of Redis', () => {
  const redis = freshRedis('version');
  const cleanups: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** The URL of a Redis that says it is of this version. */
  async function redisOf(version: string): Promise<string> {
    const proxy = await VersionProxy.create(Number(new URL(redis.url).port), version);
    cleanups.push(() => proxy.close());
    return proxy.url;
  }

  function open(url: string) {
    const harness = new BeeQueueHarness(url, redis.prefix);
    cleanups.push(() => harness.dispose());
    return harness.open();
  }

  it.each(['2.8.24', '5.0.14', '6.0.16', '6.1.240'])(
    '%s is refused, with the remedy',
    async (old) => {
      await expect(open(await redisOf(old))).rejects.toMatchObject({
        code: 'SKEP_QUEUE_UNFIT',
        message: expect.stringContaining(`is version ${old}; Skep needs 6.2 or newer`),
        remedy: expect.stringContaining('Use Redis 6.2 or newer'),
      });
    },
  );

  it.each(['6.2.0', '7.4.1', '10.0.0'])('%s is taken', async (version) => {
    const broker = await open(await redisOf(version));
    const { found, warnings } = await broker.examine();
    expect(found).toContain(`Redis ${version} at `);
    expect(warnings).toEqual([]);
  });

  it.each([['doctor'], ['start']])('skep %s says it, and ends with 3', async (command) => {
    const folder = site({ plugins: [], redis: { prefix: redis.prefix } });
    cleanups.push(() => folder[Symbol.dispose]());
    const REDIS_URL = await redisOf('5.0.14');
    const { code, stdout, stderr }: Finished = await skep(folder, [command], { REDIS_URL });
    expect(code).toBe(3);
    const said = stdout + stderr;
    expect(said).toMatch(/SKEP_QUEUE_UNFIT.* is version 5\.0\.14; Skep needs 6\.2 or newer/);
    expect(said).toMatch(/remedy.* Use Redis 6\.2 or newer/);
  });
});
