// Random damage in everything that is stored, on both stacks: each command ends in order, and work that nobody has damaged
// is done and shown.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freshDatabase } from '../../support/mariadb.js';
import { describeWithRedisAndMaria, freshRedis } from '../../support/redis.js';
import type { TempFolder } from '../../support/temp-folder.js';
import { RedisDamage, refused, SqlDamage } from './damage.js';
import { eachCase } from './each-case.js';
import { command, config, fuzzSite } from './fuzz-site.js';
import type { Random } from './random.js';
import { whatIsNoJson, whatIsWrong } from './what-is-wrong.js';

const tables = ['execution', 'execution_attempt', 'execution_outbox', 'worker', 'schedule'];
const queueTables = ['executions', 'unique_keys', 'workers'];

interface Damage extends AsyncDisposable {
  one(random: Random, spared: readonly string[]): Promise<string>;
}

interface Stack {
  readonly env: () => Record<string, string>;
  readonly redisPrefix?: () => string;
  readonly damages: (folder: TempFolder) => readonly Damage[];
}

const looks = [
  ['executions', 'list', '--limit', '100'],
  ['executions', 'list', '--limit', '100', '--json'],
  ['executions', 'list', '--state', 'failed,queued'],
  ['executions', 'cancel', '--state', 'queued', '--yes'],
  ['executions', 'replay', '--task', 'fail', '--yes'],
  ['schedules', 'list'],
  ['schedules', 'list', '--json'],
  ['workers'],
  ['workers', '--json'],
  ['queues'],
  ['doctor'],
] as const;

function onStack(name: string, { env, redisPrefix, damages }: Stack): void {
  it(`stops only itself, on ${name}`, async () => {
    using folder = fuzzSite();
    const redis = redisPrefix ? { redis: { prefix: redisPrefix() } } : {};
    const tasks = { logs: { schedule: { every: '1h' } } };
    folder.write('plugins.json', { ...config, ...redis, tasks });
    const wrong: string[] = [];
    const judged = async (args: readonly string[]): Promise<string> => {
      const finished = await command(folder, args, env());
      const noJson = args.includes('--json') ? whatIsNoJson(finished) : [];
      wrong.push(
        ...[...whatIsWrong(finished), ...noJson].map((each) => `skep ${args.join(' ')}: ${each}`),
      );
      return finished.stdout.trim();
    };
    const dispatch = async (count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let each = 0; each < count; each += 1) {
        ids.push(await judged(['dispatch', each % 2 ? 'echo' : 'echo_tracked', '-p', '{"n":1}']));
      }
      return ids;
    };
    await judged(['migrate']);
    await dispatch(6);
    await judged(['dispatch', 'fail_tracked', '-p', '{"m":"x"}']);
    await judged(['start', '--once']);
    const open = damages(folder);
    let taken = 0;
    try {
      const oneCase = async (random: Random): Promise<string[]> => {
        wrong.length = 0;
        await dispatch(2);
        const sound = await dispatch(2);
        const done: string[] = [];
        for (const damage of open) {
          for (let count = 0; count < 3; count += 1) done.push(await damage.one(random, sound));
          taken += done.filter((each) => !each.startsWith(refused)).length;
        }
        await judged(random.one(looks));
        await judged(['start', '--once']).catch((error: Error) => {
          throw new Error(`${error.message}\n    ${done.join('\n    ')}`);
        });
        await judged(random.one(looks));
        for (const id of sound) {
          const shown = await judged(['executions', 'show', id, '--json']);
          const { state } = shown.startsWith('{') ? JSON.parse(shown) : { state: 'not shown' };
          // The looks may have cancelled it before it ran.
          if (!['success', 'cancelled'].includes(state)) wrong.push(`the sound ${id} is ${state}`);
        }
        return wrong.length === 0 ? [] : [...wrong, ...done];
      };
      // The damage of one case is still there in the next.
      await eachCase(import.meta.url, 15, oneCase, { isAlone: false });
      expect(taken).toBeGreaterThan(0);
    } finally {
      for (const damage of open) await damage[Symbol.asyncDispose]();
    }
  }, 600_000);
}

describe('random damage', () => {
  onStack('SQLite and the embedded queue', {
    env: () => ({}),
    damages: (folder) =>
      [
        { file: 'maria.db', damaged: tables },
        { file: 'queue.db', damaged: queueTables },
      ].map(({ file, damaged }) => {
        const path = join(folder.path, '.skep', file);
        if (!existsSync(path)) throw new Error(`there is no ${path}`);
        return new SqlDamage(`sqlite:${path}`, damaged);
      }),
  });
});

describeWithRedisAndMaria('random damage', () => {
  const { url } = freshDatabase('fuzz');
  const redis = freshRedis('fuzz');
  onStack('MariaDB and Redis', {
    env: () => ({ MARIA_URL: url, REDIS_URL: redis.url }),
    redisPrefix: () => redis.prefix,
    damages: () => [new SqlDamage(url, tables), new RedisDamage(redis.url, redis.prefix)],
  });
});
