import { z } from 'zod';
import { createConfigSchema, sizeBytes } from '../../src/core/config/config-schema.js';
import { loadConfig } from '../../src/core/config/load-config.js';
import { type SkepError, SkepProblems } from '../../src/core/errors/skep-error.js';
import { tempFolder } from '../support/temp-folder.js';

const schema = createConfigSchema({
  dataSources: z
    .record(z.string(), z.strictObject({ lifetime: z.enum(['run', 'shared']) }))
    .default({}),
});

function load(content: string | object, variables: Record<string, string> = {}, dotEnv?: string) {
  using folder = tempFolder();
  folder.write('plugins.json', content);
  if (dotEnv !== undefined) folder.write('.env', dotEnv);
  return loadConfig({ file: 'plugins.json', schema, variables, cwd: folder.path });
}

function problems(
  content: string | object,
  variables: Record<string, string> = {},
): readonly SkepError[] {
  try {
    load(content, variables);
  } catch (error) {
    if (error instanceof SkepProblems) return error.problems;
    return [error as SkepError];
  }
  return [];
}

describe('plugins.json', () => {
  test('defaults are complete and the result is frozen', () => {
    const { config, dataDir } = load({ plugins: ['./a.js', { module: 'b', enabled: false }] });
    expect(config).toMatchObject({
      plugins: [{ module: './a.js' }, { module: 'b', enabled: false }],
      limits: { payload: '1MiB', result: '1MiB' },
      shutdown: { grace: '30s' },
      log: { level: 'info', format: 'auto' },
      startup: [],
    });
    expect(() => Object.assign(config.limits, { payload: '2MiB' })).toThrow(TypeError);
    expect(dataDir).toMatch(/\.skep$/);
  });

  test.each([
    ['{\n  "plugins": [\n    "a",\n  ]\n}', 'plugins.json:4:3', /comma too many/],
    ['{ "plugins": [] /* none */ }', 'plugins.json:1:17', /comments are not JSON/],
    ["{ 'plugins': [] }", 'plugins.json:1:3', /double quotes/],
    ['', 'plugins.json:1:1', /expected|empty/],
  ])('a syntax error names line and column: %j', (text, place, message) => {
    expect(problems(text)).toMatchObject([{ code: 'SKEP_CONFIG_SYNTAX', place }]);
    expect(problems(text)[0]?.message).toMatch(message);
  });

  test('what is missing or of another type is said without the words of JavaScript', () => {
    expect(problems({}).map(({ message }) => message)).toEqual([
      'plugins: missing, expected array',
    ]);
    expect(problems({ plugins: 'a' })[0]?.message).toBe('plugins: expected array, received string');
  });

  test('every mistake is reported at once, each with its place and the nearest right name', () => {
    const text = `{
  "plugins": [{ "module": "a", "option": {} }],
  "queus": {},
  "tasks": { "sync": { "retry": { "maxRetry": 3 }, "timeLimit": { "soft": "5 minutes" } } },
  "queues": { "default": { "concurrency": 0 } },
  "dataSources": { "maria": { "lifetime": "forever" } }
}`;
    expect(problems(text).map(({ message, place }) => ({ message, place }))).toEqual(
      expect.arrayContaining([
        {
          message: 'unknown key "option". Did you mean "options"?',
          place: 'plugins.json:2:32 (plugins[0].option)',
        },
        {
          message: 'unknown key "queus". Did you mean "queues"?',
          place: 'plugins.json:3:3 (queus)',
        },
        {
          message: 'unknown key "maxRetry". Did you mean "maxRetries"?',
          place: 'plugins.json:4:35 (tasks.sync.retry.maxRetry)',
        },
        {
          message: expect.stringContaining('tasks.sync.timeLimit.soft: expected a duration'),
          place: 'plugins.json:4:67 (tasks.sync.timeLimit.soft)',
        },
        {
          message: expect.stringContaining('queues.default.concurrency'),
          place: 'plugins.json:5:28 (queues.default.concurrency)',
        },
        {
          message: expect.stringContaining('dataSources.maria.lifetime'),
          place: 'plugins.json:6:31 (dataSources.maria.lifetime)',
        },
      ]),
    );
    expect(problems(text)).toHaveLength(6);
  });

  test('a plugin entry says what it expects, whatever stands there', () => {
    const plugins = [{ modul: 'a' }, { module: 5 }, 5, { module: 'a', enabled: 'no' }];
    expect(problems({ plugins }).map(({ message }) => message)).toEqual([
      expect.stringContaining('plugins[0].module: '),
      'unknown key "modul". Did you mean "module"?',
      expect.stringContaining('plugins[1].module: '),
      'plugins[2]: expected string or object',
      expect.stringContaining('plugins[3].enabled: '),
    ]);
    const { config } = load({ plugins: [{ module: 'a', enabled: '${ON:-true}' }] });
    expect(config.plugins[0]?.enabled).toBe(true);
  });

  test('a missing file says where to look', () => {
    using folder = tempFolder();
    const options = { file: 'plugins.json', schema, variables: {}, cwd: folder.path };
    expect(() => loadConfig(options)).toThrow(
      expect.objectContaining({ code: 'SKEP_CONFIG_NOT_FOUND' }),
    );
  });
});

describe('the environment', () => {
  test('the process wins over .env, an empty variable counts as not set', () => {
    const { environment } = load(
      { plugins: [] },
      { A: 'process', B: '' },
      'A=file\nB=file\nC="quoted # text"\n',
    );
    expect(environment).toEqual({ A: 'process', C: 'quoted # text' });
  });

  test('references are replaced in texts, with numbers where a number is wanted', () => {
    const content = {
      plugins: [{ module: '${WHERE:-./plugins}/a.js', options: { zip: '${ZIP}' } }],
      queues: { default: { concurrency: '${CONCURRENCY:-10}' } },
    };
    const { config } = load(content, { ZIP: '01234', CONCURRENCY: '25' });
    expect(config.plugins[0]).toEqual({ module: './plugins/a.js', options: { zip: '01234' } });
    expect(config.queues.default?.concurrency).toBe(25);
  });

  test('a text that is no number stays a mistake', () => {
    const content = { plugins: [], queues: { default: { concurrency: '${CONCURRENCY}' } } };
    expect(problems(content, { CONCURRENCY: 'many' })).toMatchObject([
      { code: 'SKEP_CONFIG_INVALID' },
    ]);
    expect(problems({ plugins: [], queues: { default: { concurrency: '10' } } })).toHaveLength(1);
  });

  test('a reference without value or default is a mistake with its place', () => {
    expect(problems({ plugins: ['${NOWHERE}'] })).toMatchObject([
      {
        message: 'the environment has no NOWHERE, and no default is given',
        place: expect.stringContaining('plugins[0]'),
      },
    ]);
  });

  test('SKEP_DATA_DIR is relative to the file', () => {
    expect(load({ plugins: [] }, { SKEP_DATA_DIR: 'data' }).dataDir).toMatch(
      /skep-test-[^/]+\/data$/,
    );
  });
});

describe('what JavaScript and the file system mean otherwise', () => {
  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    '${%s} is a variable like others: there is none',
    (name) => {
      expect(problems({ plugins: [`./\${${name}}.js`] })).toMatchObject([
        { code: 'SKEP_CONFIG_INVALID', message: expect.stringContaining(`has no ${name},`) },
      ]);
      const { config } = load({ plugins: [`./\${${name}:-x}.js`] });
      expect(config.plugins).toEqual([{ module: './x.js' }]);
    },
  );

  test.each([
    ['tasks', '{"plugins":[],"tasks":{"__proto__":{"enabled":false}}}'],
    ['queues', '{"plugins":[],"queues":{"__proto__":{}}}'],
    ['dataSources', '{"plugins":[],"dataSources":{"__proto__":{"lifetime":"run"}}}'],
    ['plugins[0].options', '{"plugins":[{"module":"a","options":{"__proto__":1}}]}'],
  ])('the key __proto__ in %s is refused by name', (where, text) => {
    expect(problems(text)).toMatchObject([
      {
        code: 'SKEP_CONFIG_INVALID',
        message: expect.stringContaining('"__proto__"'),
        place: expect.stringContaining(`(${where}.__proto__)`),
      },
    ]);
  });

  test.each([101, 6_000, 200_000])('%i levels are too many', (levels) => {
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const text = `{"plugins":[{"module":"a","options":{"b":${deep}}}]}`;
    expect(problems(text)).toMatchObject([
      { code: 'SKEP_CONFIG_INVALID', message: 'values are nested more than 100 levels deep' },
    ]);
  });

  test('brackets in texts are no levels', () => {
    const options = { text: `${'['.repeat(500)}\\"{{` };
    expect(load({ plugins: [{ module: 'a', options }] }).config.plugins).toMatchObject([
      { options },
    ]);
  });

  test('a .env that is a folder is a mistake', () => {
    using folder = tempFolder();
    folder.write('plugins.json', { plugins: [] });
    folder.write('.env/file', '');
    const loading = () =>
      loadConfig({ file: 'plugins.json', schema, variables: {}, cwd: folder.path });
    expect(loading).toThrow(
      expect.objectContaining({
        code: 'SKEP_CONFIG_INVALID',
        message: expect.stringMatching(/\.env is a folder, not a file$/),
      }),
    );
  });

  test.each<[string, object, RegExp]>([
    [
      'a payload limit of 0B',
      { limits: { payload: '0B' } },
      /limits.payload: expected a size above 0B/,
    ],
    ['a result limit of 0KiB', { limits: { result: '0KiB' } }, /limits.result: .*above 0B/],
    [
      'a size beyond counting',
      { isolation: { maxMemory: '99999999999GiB' } },
      /maxMemory: .*below/,
    ],
    ['no time to load', { plugins: [{ module: 'a', startTimeout: '0ms' }] }, /above 0ms/],
    ['no time to run', { tasks: { a: { timeLimit: { soft: '0s' } } } }, /soft: .*above 0ms/],
    ['a million retries', { tasks: { a: { retry: { maxRetries: 1e6 } } } }, /at most 10000/],
  ])('%s is refused', (_, sections, message) => {
    expect(problems({ plugins: [], ...sections })).toMatchObject([
      { code: 'SKEP_CONFIG_INVALID', message: expect.stringMatching(message) },
    ]);
  });
});

test('sizes are binary', () => {
  expect(['512B', '64KiB', '1MiB'].map(sizeBytes)).toEqual([512, 65_536, 1_048_576]);
});
