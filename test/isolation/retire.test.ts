// The end of a thread that is not needed any more: it is ended also when it does not close in order.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Thread, type ThreadOptions } from '../../src/plugins/isolation/thread.js';
import { rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** A thread that opens at once, and closes as it is told. */
function threadThat(
  closes: string,
  folder: ReturnType<typeof tempFolder>,
  options: Pick<ThreadOptions, 'closeTimeoutMs'> = {},
) {
  const file = folder.write(
    'thread.mjs',
    `export default async ({ kind }) => {
      if (kind === 'open') return {};
      ${closes}
    };`,
  );
  const { logger, lines } = rememberingLogger();
  const thread = new Thread({
    file: pathToFileURL(file).href,
    execArgv: [],
    settings: { configFile: file, environment: {}, cwd: folder.path, logLevel: 'info' },
    heapMb: undefined,
    killConnection: async () => undefined,
    logger,
    ...options,
  });
  return { thread, lines };
}

test.each([
  ['computes for ever', 'for (;;);'],
  ['never answers', 'await new Promise(() => undefined);'],
])('a thread that %s while it closes is named and ended', async (_, closes) => {
  using folder = tempFolder();
  const { thread, lines } = threadThat(closes, folder, { closeTimeoutMs: 50 });
  await thread.open();
  await thread.retire();
  await until(() => thread.isGone);
  expect(lines).toMatchObject([{ level: 'warn', fields: { error: { name: 'NotInTime' } } }]);
  expect(lines[0]?.message).toBe('a thread did not close in order');
});

test('a thread that fails while it closes is named and ended', async () => {
  using folder = tempFolder();
  const { thread, lines } = threadThat("throw new TypeError('not today');", folder);
  await thread.open();
  await thread.retire();
  expect(thread.isGone).toBe(true);
  const message = 'a thread did not close in order';
  expect(lines).toMatchObject([{ message, fields: { error: { message: 'not today' } } }]);
});

test('a thread that closes in order is ended without a word', async () => {
  using folder = tempFolder();
  const { thread, lines } = threadThat('return undefined;', folder);
  await thread.open();
  await thread.retire();
  expect(thread.isGone).toBe(true);
  expect(lines).toEqual([]);
});

test('a plugin that does not close in a thread is named, and the others are closed', async () => {
  using folder = tempFolder();
  const plugin = (name: string, close: string): string =>
    folder.write(
      `${name}.mjs`,
      `import { writeFileSync } from 'node:fs';
      export default {
        [Symbol.for('skep.plugin')]: true, name: '${name}', version: '1.0.0', close() { ${close} },
      };`,
    );
  plugin('first', `writeFileSync(new URL('closed', import.meta.url), '')`);
  plugin('hangs', 'return new Promise(() => undefined);');
  const config = folder.write('plugins.json', '{ "plugins": ["./first.mjs", "./hangs.mjs"] }');
  const { logger, lines } = rememberingLogger();
  const thread = new Thread({
    file: new URL('../../dist/isolated-thread.js', import.meta.url).href,
    execArgv: [],
    settings: { configFile: config, environment: {}, cwd: folder.path, logLevel: 'info' },
    heapMb: undefined,
    killConnection: async () => undefined,
    logger,
    // A seventh of it is the bound of a plugin.
    closeTimeoutMs: 7_000,
  });
  await thread.open();
  await thread.retire();
  expect(lines.map(({ message }) => message)).toEqual([
    'plugin "hangs" did not close within 1 s and is left behind',
  ]);
  expect(existsSync(join(folder.path, 'closed'))).toBe(true);
});
