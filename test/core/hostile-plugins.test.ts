// Modules that throw when they are read, or never answer: each is a mistake that names the plugin, and no internal error.

import { installationCheck } from '../../src/core/host/installation-check.js';
import { loadPlugins } from '../../src/core/host/load-plugins.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import { dataSource, entities, migrations } from '../../src/datasources/index.js';
import {
  definePlugin,
  executionStore,
  extensionPoint,
  Maria,
  type PluginDefinition,
  probe,
  role,
  Task,
  type TaskClass,
} from '../../src/index.js';
import { problemsWith } from '../composition/installation-of.js';
import { tempFolder } from '../support/temp-folder.js';

const place = (path: readonly PropertyKey[]): string => `plugins.json (${path.join('.')})`;
const mark = { [Symbol.for('skep.plugin')]: true };
const never = (): Promise<never> => new Promise(() => undefined);
const throws = (text: string) => ({
  get: (): never => {
    throw new Error(text);
  },
});

async function problemsOfModule(
  load: () => unknown,
  startTimeout?: '20ms',
): Promise<[string, string][]> {
  using folder = tempFolder();
  folder.write('p.js', '');
  const { problems } = await loadPlugins({
    entries: [{ module: './p.js', ...(startTimeout ? { startTimeout } : {}) }],
    configFile: folder.write('plugins.json', '{}'),
    place,
    importModule: async () => load(),
  });
  return problems.map(({ code, message }) => [code, message]);
}

const plugin = (more: Partial<PluginDefinition>) => () => ({
  default: definePlugin({ name: 'p', version: '1.0.0', ...more }),
});

test.each<[string, () => unknown, string, RegExp]>([
  [
    'a module that throws something without text',
    () => {
      throw Object.create(null);
    },
    'SKEP_PLUGIN_LOAD',
    /"\.\/p\.js" threw while loading: something was thrown that has no text/,
  ],
  [
    'a default export whose properties throw',
    () => ({ default: new Proxy({}, throws('trap')) }),
    'SKEP_PLUGIN_INVALID',
    /what "\.\/p\.js" exports cannot be read: trap/,
  ],
  [
    'a revoked default export',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return { default: proxy };
    },
    'SKEP_PLUGIN_INVALID',
    /what "\.\/p\.js" exports cannot be read: .*revoked/,
  ],
  [
    'a default export inside that throws',
    () => ({ default: Object.defineProperty({}, 'default', throws('inner')) }),
    'SKEP_PLUGIN_INVALID',
    /cannot be read: inner/,
  ],
  [
    'a manifest that throws',
    () => ({
      default: Object.defineProperty({ ...mark, version: '1.0.0' }, 'name', {
        ...throws('name'),
        enumerable: true,
      }),
    }),
    'SKEP_PLUGIN_INVALID',
    /what "\.\/p\.js" exports cannot be read: name/,
  ],
  [
    'an options schema that throws something without text',
    plugin({
      options: {
        '~standard': {
          version: 1,
          vendor: 'x',
          validate: () => {
            throw Object.create(null);
          },
        },
      },
    }),
    'SKEP_PLUGIN_LOAD',
    /plugin "p" failed to check its options: something was thrown that has no text/,
  ],
])('%s', async (_, load, code, message) => {
  expect(await problemsOfModule(load)).toEqual([[code, expect.stringMatching(message)]]);
});

test.each([
  ['dataSource(null)', dataSource(null as never), 'data source', 'a data source made with'],
  ['entities of nothing', entities(Maria, null as never), 'entities', 'a list of entities'],
  ['entities(null)', entities(null as never, []), 'entities', 'a data source made with'],
  ['migrations(null)', migrations(null as never), 'migrations', 'a list of classes'],
  ['migrations([null])', migrations([null as never]), 'migrations', 'a list of classes'],
  ['role(null)', role(null as never), 'role', 'a function'],
  ['executionStore(null)', executionStore(null as never), 'execution store', 'a function'],
  ['installationCheck(null)', installationCheck(null as never), 'installation check', 'a function'],
  ['probe(null)', probe(null as never), 'probe', '{ name, examine() }'],
  ['probe without examine', probe({ name: 'x' } as never), 'probe', '{ name, examine() }'],
])('%s is a mistake of the plugin', async (_, contribution, point, expected) => {
  expect(await problemsOfModule(plugin({ contributes: [contribution] }))).toEqual([
    [
      'SKEP_PLUGIN_INVALID',
      expect.stringContaining(`plugin "p": contributes[0] (${point}): expected ${expected}`),
    ],
  ]);
});

test('a point without a check takes every value', async () => {
  const contributes = [{ point: extensionPoint('mine'), value: null }];
  expect(await problemsOfModule(plugin({ contributes }))).toEqual([]);
});

test('the exports are read once: a getter that throws the second time changes nothing', async () => {
  let reads = 0;
  const exported = Object.defineProperty({ ...mark, version: '1.0.0' }, 'name', {
    enumerable: true,
    get: () => {
      reads += 1;
      if (reads > 1) throw new Error('the second time');
      return 'p';
    },
  });
  expect(await problemsOfModule(() => ({ default: exported }))).toEqual([]);
});

test('an options schema that never answers is cut off, by name, within startTimeout', async () => {
  const options = { '~standard': { version: 1, vendor: 'x', validate: never } } as const;
  expect(await problemsOfModule(plugin({ options }), '20ms')).toEqual([
    ['SKEP_PLUGIN_LOAD', 'plugin "p" did not check its options within 20 ms'],
  ]);
});

test('a class whose name throws, or is no text, is a mistake that names task and plugin', () => {
  class Throwing {
    run(): void {}
  }
  class Numbered {
    run(): void {}
  }
  Task({ code: 'throwing' })(Throwing);
  Task({ code: 'numbered' })(Numbered);
  Object.defineProperty(Throwing, 'name', throws('static name'));
  Object.defineProperty(Numbered, 'name', { value: 5 });
  const tasks: TaskClass[] = [Throwing, Numbered];
  const { problems } = TaskRegistry.build([{ plugin: 'p', tasks }]);
  expect(problems.map(({ code, message, place: at }) => [code, message, at])).toEqual([
    ['SKEP_TASK_INVALID', 'the class of the task throwing cannot be read: static name', 'plugin p'],
    [
      'SKEP_TASK_INVALID',
      expect.stringContaining('numbered cannot be read: its static "name"'),
      'plugin p',
    ],
  ]);
});

test('a check of the installation that never ends is cut off, by name', async () => {
  const sections = { plugins: [{ module: './plugin-0.js', startTimeout: '20ms' }] };
  const plugins = [
    definePlugin({ name: 'site', version: '1.0.0', contributes: [installationCheck(never)] }),
  ];
  expect(await problemsWith({ plugins, sections })).toMatchObject([
    {
      code: 'SKEP_PLUGIN_START',
      message: 'plugin "site" did not check the installation within 20 ms',
    },
  ]);
});
