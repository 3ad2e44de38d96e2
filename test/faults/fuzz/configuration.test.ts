// Random configuration: a sound plugins.json with values of another kind, strange keys and torn text, and random environments.
import type { TempFolder } from '../../support/temp-folder.js';
import { eachCase } from './each-case.js';
import { command, config, fuzzSite } from './fuzz-site.js';
import { deepJson, hostileJson, hostileText, torn } from './hostile-text.js';
import type { Random } from './random.js';
import { whatIsWrong } from './what-is-wrong.js';

/** Every section that there is, with values in order. */
const sound = {
  ...config,
  plugins: [...config.plugins, { module: 'skep/plugins/mail', options: { from: 'a@example.com' } }],
  tasks: {
    echo: { enabled: true, queue: 'default', retry: { maxRetries: 2, delay: '5s' } },
    fail_tracked: {
      schedule: { cron: '0 3 * * *', timeZone: 'Asia/Baghdad' },
      softTimeLimit: '1m',
    },
  },
  queues: { default: { concurrency: 2 }, slow: { rateLimit: '10/1m' } },
  dataSources: { maria: { poolSize: 3, acquireTimeout: '5s' }, hris: { readOnly: true } },
  redis: { stallInterval: '5s', dispatchTimeout: '1s', prefix: 'skep' },
  worker: { unknownTaskTimeout: '1s' },
  isolation: { threads: 1 },
  limits: { payload: '1MiB', result: '1MiB' },
  retention: { finished: '7d' },
  startup: ['echo'],
};

const strangeKeys = ['__proto__', 'constructor', 'toString', '', 'hasOwnProperty', 'then'];

/** A server on a port of loopback where nothing listens, or no URL at all. */
function hostileUrl(random: Random, secret: string): string {
  const scheme = random.one([
    'mysql',
    'mariadb',
    'redis',
    'rediss',
    'postgres',
    'mssql',
    'smtp',
    'sqlite',
    'constructor',
    '__proto__',
    '',
    'a b',
  ]);
  const user = random.one(['u', 'u%40', '%zz', 'u:v', '']);
  const tail = random.one([
    '',
    '/d',
    '/%zz',
    '/0',
    '/99999999999',
    '?ssl=constructor',
    '?enableOfflineQueue=true',
    '/d?ssl=true&x=%',
    '#',
  ]);
  return `${scheme}://${user}:${secret}@127.0.0.1:${random.one(['1', '0', '99999', ''])}${tail}`;
}

/** What no output may tell; long and odd enough to stand nowhere by chance. */
const newSecret = (random: Random): string => `S3cr3t-${random.upTo(1e9)}-Qx`;

/** Replaces, adds or takes away something at a random place. */
function change(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) {
    return random.one([
      () => JSON.parse(hostileJson(random)),
      () => hostileText(random),
      () => random.one(['0B', '0ms', '0s', '1e9d', '99999999d', '-5s', '10/0s', '0/1s', '1e30MiB']),
      () => random.one([0, -1, 1.5, 1e9, 1e308, 2 ** 53]),
      () =>
        `\${${random.one(['toString', 'constructor:-x', '__proto__', 'PATH', 'UNHEARD', '', 'A:-${B}'])}}`,
    ])();
  }
  if (Array.isArray(value)) {
    const at = random.upTo(value.length);
    return [...value.slice(0, at), change(random, value[at] ?? null), ...value.slice(at + 1)];
  }
  const entries = Object.entries(value);
  const [key, inside] = random.one(entries.length > 0 ? entries : [['', null]]);
  if (random.chance(0.15)) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (random.chance(0.15)) {
    const name = random.chance(0.5) ? random.one(strangeKeys) : torn(random, key);
    // With fromEntries `__proto__` is an own key, as it is after JSON.parse.
    return Object.fromEntries([...entries, [name, inside]]);
  }
  return Object.fromEntries([...entries, [key, change(random, inside)]]);
}

function configText(random: Random): string {
  let value: unknown = sound;
  for (let count = 1 + random.upTo(2); count > 0; count -= 1) value = change(random, value);
  const text = JSON.stringify(value, null, 1);
  if (random.chance(0.1)) return torn(random, text);
  if (random.chance(0.03)) return deepJson(random);
  if (random.chance(0.05))
    return text.replace('"queues": {', `"queues": {"x": ${deepJson(random)},`);
  return text;
}

const variables = [
  'MARIA_URL',
  'HRIS_URL',
  'BIOSTAR_URL',
  'REDIS_URL',
  'SMTP_URL',
  'SKEP_DATA_DIR',
  'TZ',
  'CI',
  'NO_COLOR',
  'FORCE_COLOR',
];

function environment(random: Random, secret: string): Record<string, string> {
  const entries = random.some(3, (): [string, string] => {
    const name = random.one(variables);
    // A folder of data is never outside of the site.
    if (name === 'SKEP_DATA_DIR')
      return [name, random.one(['', 'data', 'data/../d2', 'plugins.json', '/dev/null', '/proc/x'])];
    if (name.endsWith('_URL'))
      return [name, random.chance(0.8) ? hostileUrl(random, secret) : hostileText(random)];
    return [name, hostileText(random)];
  });
  return Object.fromEntries(entries.map(([name, value]) => [name, value.replaceAll('\0', '')]));
}

const commands = [
  ['doctor'],
  ['doctor', '--json'],
  ['tasks'],
  ['plugins'],
  ['queues'],
  ['executions', 'list'],
  ['schedules', 'list'],
  ['dispatch', 'echo'],
  ['run', 'echo'],
  ['start', '--once'],
] as const;

describe('random configuration', () => {
  let folder: TempFolder;
  beforeEach(() => {
    folder = fuzzSite();
  });
  afterEach(() => folder[Symbol.dispose]());

  it('ends in time with a code and a sentence, and tells no password', async () => {
    await eachCase(import.meta.url, 200, async (random) => {
      const secret = newSecret(random);
      const text = configText(random);
      folder.write('plugins.json', text);
      const env = environment(random, secret);
      const asFile = random.chance(0.3);
      const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
      folder.write('.env', asFile ? `${lines.join('')}${hostileText(random)}` : '');
      const args = random.one(commands);
      const finished = await command(folder, args, asFile ? {} : env);
      return whatIsWrong(finished, { secrets: [secret] }).map(
        (wrong) =>
          `${wrong}\n      skep ${args.join(' ')} with ${JSON.stringify(env)} and ${text.slice(0, 1_500).replaceAll(/\s+/g, ' ')}`,
      );
    });
  }, 600_000);
});
