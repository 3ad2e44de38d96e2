// What REDIS_URL may say, and what is told of the way to Redis.
import { redisOptionsSchema } from '../../../../src/plugins/queue/bee-queue/options.js';
import {
  redisAddress,
  transportWarnings,
  whereOf,
} from '../../../../src/plugins/queue/bee-queue/redis-address.js';

const refusal = (url: string): { code?: string; message: string; remedy?: string } => {
  try {
    redisAddress(url, undefined);
  } catch (error) {
    return error as Error & { code: string };
  }
  return { message: 'none' };
};

it.each([
  'redis://h/0?enableOfflineQueue=true',
  'redis://h?maxRetriesPerRequest=3',
  'redis://h?unheard=1',
  'redis://u:se?cret@h/0',
  'redis://u:%zz@h/0',
  'redis://%zz@h/0',
  'redis://h:0/1',
  'redis://h/x',
  'constructor://h',
  'http://h',
  'redis://',
])('%s is refused, and nothing of it is told', (url) => {
  const error = refusal(url);
  expect(error).toMatchObject({ code: 'SKEP_CONFIG_INVALID', place: 'REDIS_URL' });
  expect(`${error.message} ${error.remedy}`).not.toMatch(/secret|enableOffline|unheard/);
});

it.each(['redis://h', 'rediss://u:p%40@h:7000/3', 'redis://h?family=6', 'redis://[::1]:6380/0'])(
  '%s is taken',
  (url) => {
    expect(redisAddress(url, undefined)).toEqual({ url });
    expect(whereOf({ url })).toMatch(/:\d+$/);
  },
);

it.each([
  ['redis://127.0.0.1', undefined, []],
  ['redis://localhost', undefined, []],
  ['redis://[::1]', undefined, []],
  ['redis://redis.example', undefined, ['not encrypted']],
  ['rediss://redis.example', undefined, []],
  ['redis://redis.example', true, []],
  ['redis://redis.example', { rejectUnauthorized: false }, ['not verified']],
] as const)('%s with tls %j', (url, tls, words) => {
  const messages = transportWarnings(redisAddress(url, tls)).map(({ message }) => message);
  expect(messages).toEqual(words.map((word) => expect.stringContaining(word)));
});

it.each([
  [{ stallInterval: '0ms' }, 'expected a duration of 100ms or more'],
  [{ stallInterval: '99ms' }, 'expected a duration of 100ms or more'],
  [{ dispatchTimeout: '0s' }, 'expected a duration above 0ms'],
])('%j is refused', (options, message) => {
  expect(redisOptionsSchema.safeParse(options).error?.issues).toMatchObject([{ message }]);
});
