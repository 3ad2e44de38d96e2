import { container } from 'tsyringe';
import { z } from 'zod';
import { SkepError } from '../../src/core/errors/skep-error.js';
import { type LoadPluginsOptions, loadPlugins } from '../../src/core/host/load-plugins.js';
import { PluginHost } from '../../src/core/host/plugin-host.js';
import { resolveModule } from '../../src/core/host/resolve-module.js';
import type { NotInTime } from '../../src/core/within.js';
import {
  definePlugin,
  extensionPoint,
  type Plugin,
  type PluginDefinition,
} from '../../src/index.js';
import { rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';

type Entries = LoadPluginsOptions['entries'];
const place = (path: readonly PropertyKey[]): string => `plugins.json (${path.join('.')})`;

/** Loads definitions as if each were the default export of a module. */
async function loadDefinitions(
  definitions: Record<string, unknown>,
  entries: Entries = Object.keys(definitions).map((name) => ({ module: `./${name}.js` })),
) {
  using folder = tempFolder();
  for (const name of Object.keys(definitions)) folder.write(`${name}.js`, '');
  return await loadPlugins({
    entries,
    configFile: folder.write('plugins.json', '{}'),
    place,
    importModule: async (url) => {
      const name = url.replace(/^.*\//, '').replace('.js', '');
      const found = definitions[name];
      if (found instanceof Error) throw found;
      return { default: found };
    },
  });
}

const plugin = (name: string, more: Partial<PluginDefinition> = {}): Plugin =>
  definePlugin({ name, version: '1.0.0', ...more });

describe('loading plugins', () => {
  test('dependencies come first, otherwise the order of the file stands', async () => {
    const { plugins, problems } = await loadDefinitions({
      c: plugin('c', { requires: { a: '^1.0.0' } }),
      b: plugin('b'),
      a: plugin('a'),
    });
    expect(problems).toEqual([]);
    expect(plugins.map((each) => each.plugin.name)).toEqual(['a', 'c', 'b']);
  });

  test('mistakes of all plugins are reported together', async () => {
    const { problems } = await loadDefinitions({
      throws: new Error('no such table'),
      empty: {},
      wrong: definePlugin({ name: 'Wrong Name', version: 'one', tsks: [] } as never),
      future: plugin('future', { skep: '>=99' }),
      lonely: plugin('lonely', { requires: { hris: '^1.0.0' } }),
      old: plugin('old', { requires: { lonely: '^2.0.0' } }),
    });
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['SKEP_PLUGIN_LOAD', '"./throws.js" threw while loading: no such table'],
      ['SKEP_PLUGIN_INVALID', expect.stringContaining('no default export')],
      ['SKEP_PLUGIN_INVALID', expect.stringContaining('name: expected lower-case words')],
      ['SKEP_PLUGIN_INVALID', expect.stringContaining('version: expected a semver')],
      ['SKEP_PLUGIN_INVALID', 'unknown key "tsks". Did you mean "tasks"?'],
      ['SKEP_PLUGIN_INVALID', expect.stringContaining('works with Skep >=99')],
      ['SKEP_PLUGIN_DEPENDENCY', expect.stringContaining('needs "hris", and it is not enabled')],
      ['SKEP_PLUGIN_DEPENDENCY', 'plugin "old" needs "lonely" ^2.0.0; installed is 1.0.0'],
    ]);
  });

  test('a circle is named, a disabled dependency is said to be disabled', async () => {
    const circle = await loadDefinitions({
      a: plugin('a', { requires: { b: '*' } }),
      b: plugin('b', { requires: { a: '*' } }),
    });
    expect(circle.problems[0]?.message).toBe('plugins need each other: a -> b -> a');
    const definitions = { a: plugin('a', { requires: { b: '*' } }), b: plugin('b') };
    const off = await loadDefinitions(definitions, [
      { module: './a.js' },
      { module: './b.js', enabled: false },
    ]);
    expect(off.problems[0]?.message).toBe('plugin "a" needs "b", and "./b.js" is disabled');
  });

  test('options are validated and completed by the schema of the plugin', async () => {
    const zoned = definePlugin({
      name: 'zoned',
      version: '1.0.0',
      options: z.strictObject({ zone: z.string().default('UTC'), batchSize: z.int().default(10) }),
    });
    const good = await loadDefinitions({ zoned }, [
      { module: './zoned.js', options: { zone: 'Asia/Dubai' } },
    ]);
    expect(good.plugins[0]?.options).toEqual({ zone: 'Asia/Dubai', batchSize: 10 });
    const bad = await loadDefinitions({ zoned }, [
      { module: './zoned.js', options: { zoen: 'x', batchSize: 'y' } },
    ]);
    expect(bad.problems.map(({ message, place: at }) => [message, at])).toEqual([
      [expect.stringContaining('batchSize'), 'plugins.json (plugins.0.options.batchSize)'],
      ['unknown key "zoen". Did you mean "zone"?', 'plugins.json (plugins.0.options.zoen)'],
    ]);
    const none = await loadDefinitions({ a: plugin('a') }, [
      { module: './a.js', options: { x: 1 } },
    ]);
    expect(none.problems[0]?.message).toBe('plugin "a" takes no options');
  });

  test('a plugin that is listed twice says which entries, and what to do', async () => {
    const twice = await loadDefinitions({ a: plugin('a') }, [
      { module: './a.js' },
      { module: './a.js' },
    ]);
    expect(twice.problems).toMatchObject([
      {
        code: 'SKEP_PLUGIN_INVALID',
        message: 'the plugin "a" is listed twice',
        remedy: 'Remove one of the two entries from plugins.json.',
        place: 'plugins.json (plugins.1)',
      },
    ]);
    const namesakes = await loadDefinitions({ a: plugin('a'), b: plugin('a') });
    expect(namesakes.problems).toMatchObject([
      {
        message: '"./a.js" and "./b.js" are both the plugin "a"',
        remedy: expect.stringContaining('give one of the plugins another name'),
      },
    ]);
  });

  test('a misspelt module is told the one that is there', async () => {
    using folder = tempFolder();
    const configFile = folder.write('plugins.json', '{}');
    folder.write('billing.js', '');
    folder.write('node_modules/shop/package.json', {
      name: 'shop',
      exports: { './plugins/*': './dist/plugins/*/index.js' },
    });
    folder.write('node_modules/shop/dist/plugins/tracking/index.js', '');
    folder.write('node_modules/shop/dist/plugins/tracing.txt', '');
    const messages = ['shop/plugins/trackng', './biling.js', './nothing-like-it.js'].map(
      (module) => {
        try {
          return resolveModule(module, configFile);
        } catch (error) {
          return (error as Error).message;
        }
      },
    );
    expect(messages).toEqual([
      'the file of "shop/plugins/trackng" does not exist. Did you mean "shop/plugins/tracking"?',
      'the file of "./biling.js" does not exist. Did you mean "./billing.js"?',
      'the file of "./nothing-like-it.js" does not exist',
    ]);
  });

  test('a module that is not there says what to do', async () => {
    const { problems } = await loadDefinitions({}, [
      { module: './nowhere.js' },
      { module: 'no-such-package' },
    ]);
    expect(problems).toMatchObject([
      { code: 'SKEP_PLUGIN_NOT_FOUND', place: 'plugins.json (plugins.0.module)' },
      { code: 'SKEP_PLUGIN_NOT_FOUND', remedy: expect.stringContaining('./no-such-package') },
    ]);
  });
});

test('a column whose type the decorator does not name has a remedy that helps', async () => {
  const { problems } = await loadDefinitions({
    store: new Error('Column type is not defined. Turn on an "emitDecoratorMetadata" option'),
  });
  expect(problems).toMatchObject([
    { code: 'SKEP_PLUGIN_LOAD', remedy: expect.stringContaining("@Column({ type: 'int' })") },
  ]);
});

test('a module that never finishes loading is named', async () => {
  using folder = tempFolder();
  folder.write('hangs.js', '');
  const hanging = await loadPlugins({
    entries: [{ module: './hangs.js', startTimeout: '20ms' }],
    configFile: folder.write('plugins.json', '{}'),
    place,
    importModule: () => new Promise(() => undefined),
  });
  expect(hanging.problems).toMatchObject([
    {
      code: 'SKEP_PLUGIN_LOAD',
      message: expect.stringContaining('was not loaded within 20ms'),
      remedy: expect.stringContaining('Raise startTimeout'),
    },
  ]);
});

describe('plugin host', () => {
  async function host(definitions: Record<string, Plugin>, entries?: Entries) {
    const { plugins, problems } = await loadDefinitions(definitions, entries);
    expect(problems).toEqual([]);
    const { logger, lines } = rememberingLogger();
    const parts = {
      plugins,
      logger,
      dataDir: '/nowhere',
      environment: {},
      isThread: false,
      closeTimeoutMs: 20,
    };
    return {
      lines,
      host: new PluginHost({ ...parts, container: container.createChildContainer() }),
    };
  }

  test('an asynchronous register() is refused, and its own failure harms nobody', async () => {
    const late = definePlugin({
      name: 'late',
      version: '1.0.0',
      register: async () => {
        throw new Error('after everybody has gone');
      },
    });
    const { host: it } = await host({ late });
    expect(() => it.register()).toThrow(
      expect.objectContaining({
        code: 'SKEP_PLUGIN_INVALID',
        message: 'register() of plugin "late" is asynchronous, and nothing waits for it',
        remedy: expect.stringContaining('start()'),
      }),
    );
  });

  test('starts in order and closes in reverse, once', async () => {
    const events: string[] = [];
    const watched = (name: string, requires = {}) =>
      plugin(name, {
        requires,
        register: () => void events.push(`register ${name}`),
        start: () => void events.push(`start ${name}`),
        close: () => void events.push(`close ${name}`),
      });
    const { host: it } = await host({ b: watched('b', { a: '*' }), a: watched('a') });
    it.register();
    await it.start();
    await it.close();
    await it.close();
    expect(events).toEqual([
      'register a',
      'register b',
      'start a',
      'start b',
      'close b',
      'close a',
    ]);
  });

  test('a start that hangs is reported by name, and what was started is closed', async () => {
    const events: string[] = [];
    let signal: AbortSignal | undefined;
    const { host: it } = await host(
      {
        a: plugin('a', { close: () => void events.push('close a') }),
        slow: plugin('slow', {
          start: (context) => {
            signal = context.signal;
            return new Promise(() => undefined);
          },
          close: () => void events.push('close slow'),
        }),
      },
      [{ module: './a.js' }, { module: './slow.js', startTimeout: '20ms' }],
    );
    await expect(it.start()).rejects.toMatchObject({
      code: 'SKEP_PLUGIN_START',
      message: 'plugin "slow" did not start within 20 ms',
    });
    expect(events).toEqual(['close slow', 'close a']);
    expect(signal?.aborted).toBe(true);
  });

  test('a close that fails is logged and the others are closed', async () => {
    const events: string[] = [];
    const { host: it, lines } = await host({
      a: plugin('a', { close: () => void events.push('close a') }),
      b: plugin('b', { close: () => Promise.reject(new Error('stuck')) }),
    });
    await it.start();
    await it.close();
    expect(events).toEqual(['close a']);
    expect(lines).toMatchObject([{ level: 'warn', message: 'plugin "b" failed to close' }]);
  });

  test('a close that never ends is named, and the others are closed', async () => {
    const events: string[] = [];
    const { host: it, lines } = await host({
      a: plugin('a', { close: () => void events.push('close a') }),
      b: plugin('b', { close: () => new Promise(() => undefined) }),
    });
    await it.start();
    await it.close();
    expect(events).toEqual(['close a']);
    expect(lines).toMatchObject([
      { message: 'plugin "b" did not close within 20 ms and is left behind' },
    ]);
  });

  test('many that hang while they close have less time each, and the last is closed all the same', async () => {
    const names = ['f', 'e', 'd', 'c', 'b'];
    const hangs = () => new Promise<void>(() => undefined);
    const hanging = names.map((name) => [name, plugin(name, { close: hangs })] as const);
    const events: string[] = [];
    const a = plugin('a', { close: () => void events.push('close a') });
    const { host: it, lines } = await host({ a, ...Object.fromEntries(hanging) });
    await it.start();
    await it.close();
    expect(events).toEqual(['close a']);
    expect(lines.map(({ fields }) => fields.part)).toEqual(
      names.toReversed().map((name) => `plugin "${name}"`),
    );
    const bounds = lines.map(({ fields }) => (fields.error as NotInTime).timeoutMs);
    // All together two bounds, and then a tenth of one each.
    expect(bounds[0]).toBe(20);
    expect(bounds.slice(2)).toEqual([2, 2, 2]);
  });

  test.each([
    [new Error('listen EADDRINUSE :::80'), 'SKEP_PLUGIN_START'],
    [new SkepError('SKEP_QUEUE_UNREACHABLE', 'no Redis'), 'SKEP_QUEUE_UNREACHABLE'],
    [new SkepError('SKEP_INTERNAL', 'odd'), 'SKEP_PLUGIN_START'],
  ])('what a start throws names the plugin: %s', async (error, code) => {
    const { host: it } = await host({ a: plugin('a', { start: () => Promise.reject(error) }) });
    await expect(it.start()).rejects.toMatchObject({
      code,
      message: `plugin "a" failed to start: ${error.message}`,
    });
  });

  test('a plugin that has not begun to start when the runtime is to stop is neither started nor closed', async () => {
    const events: string[] = [];
    const watched = plugin('idle', {
      start: () => void events.push('start'),
      close: () => void events.push('close'),
    });
    const { host: it, lines } = await host({ idle: watched });
    const why = new Error('stopped by SIGTERM');
    await expect(it.start(AbortSignal.abort(why))).rejects.toBe(why);
    await it.close();
    expect(events).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('a start that waits for ever ends when the runtime is to stop, and is named', async () => {
    const events: string[] = [];
    const stop = new AbortController();
    const why = new Error('SIGTERM');
    const { host: it, lines } = await host({
      a: plugin('a', { close: () => void events.push('close a') }),
      waits: plugin('waits', {
        start: ({ signal }) => {
          signal.addEventListener('abort', () => events.push('told'));
          queueMicrotask(() => stop.abort(why));
          return new Promise(() => undefined);
        },
      }),
      never: plugin('never', { start: () => void events.push('start never') }),
    });
    await expect(it.start(stop.signal)).rejects.toBe(why);
    expect(events).toEqual(['told', 'close a']);
    expect(lines).toMatchObject([{ message: 'stopped while plugin "waits" was starting' }]);
  });

  test('a schema of options that throws names the plugin', async () => {
    const options = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('schema');
        },
      },
    } as const;
    const { problems } = await loadDefinitions({ a: plugin('a', { options }) });
    expect(problems).toMatchObject([
      { code: 'SKEP_PLUGIN_LOAD', message: 'plugin "a" failed to check its options: schema' },
    ]);
  });

  test('contributions are collected by the identity of their point', async () => {
    const mine = extensionPoint<number>('numbers');
    const other = extensionPoint<number>('numbers');
    const { host: it } = await host({
      a: plugin('a', {
        contributes: [
          { point: mine, value: 1 },
          { point: other, value: 2 },
        ],
      }),
      b: plugin('b', { contributes: [{ point: mine, value: 3 }] }),
    });
    expect(it.contributions(mine)).toEqual([1, 3]);
  });
});
