// Imports that a user's tsconfig maps to files, in plugins in TypeScript.
import { pathToFileURL } from 'node:url';
import { resolve } from '../../src/core/host/typescript-hooks.js';
import { tempFolder } from '../support/temp-folder.js';

const next = (specifier: string): { url: string } => ({ url: specifier });
const resolvedFrom = (importer: string, specifier: string): string =>
  (resolve(specifier, { parentURL: pathToFileURL(importer).href }, next) as { url: string }).url;
const urlOf = (file: string): string => pathToFileURL(file).href;

test('paths name the file, with or without its ending, as the tsconfig nearest to the plugin says', () => {
  using site = tempFolder();
  site.write('base.json', { compilerOptions: { paths: { '@lib/*': ['./src/lib/*'] } } });
  // As people write them: with a comment.
  site.write('tsconfig.json', '{\n  // ours\n  "extends": "./base.json"\n}');
  const greeting = site.write('src/lib/greeting.ts', '');
  const index = site.write('src/lib/deep/index.ts', '');
  const plugin = site.write('src/plugin.ts', '');
  expect(resolvedFrom(plugin, '@lib/greeting')).toBe(urlOf(greeting));
  expect(resolvedFrom(plugin, '@lib/greeting.js')).toBe(urlOf(greeting));
  expect(resolvedFrom(plugin, '@lib/greeting.ts')).toBe(urlOf(greeting));
  expect(resolvedFrom(plugin, '@lib/deep')).toBe(urlOf(index));

  site.write('other/tsconfig.json', { compilerOptions: { paths: { '@lib/*': ['./*'] } } });
  const near = site.write('other/greeting.ts', '');
  const other = site.write('other/plugin.ts', '');
  expect(resolvedFrom(other, '@lib/greeting')).toBe(urlOf(near));
});

test('everything else is found as before: packages, Skep itself, and imports of packages', () => {
  using site = tempFolder();
  site.write('tsconfig.json', { compilerOptions: { paths: { '*': ['./src/*'] } } });
  site.write('src/skep.ts', '');
  const plugin = site.write('src/plugin.ts', '');
  for (const specifier of ['skep', 'skep/plugins/hris', 'node:fs', 'unknown']) {
    expect(resolvedFrom(plugin, specifier)).toBe(specifier);
  }
  const installed = site.write('node_modules/library/index.ts', '');
  expect(resolvedFrom(installed, 'zod')).toBe('zod');
  const compiled = site.write('src/compiled.js', '');
  expect(resolvedFrom(compiled, 'zod')).toBe('zod');
});

test('a tsconfig that cannot be read does not keep a plugin from running', () => {
  using site = tempFolder();
  site.write('tsconfig.json', { extends: './missing.json' });
  const plugin = site.write('plugin.ts', '');
  expect(resolvedFrom(plugin, '@lib/greeting')).toBe('@lib/greeting');
});

test('a relative import means the source where it names what is compiled from it, or no ending', () => {
  using site = tempFolder();
  const lib = site.write('src/lib.ts', '');
  const data = site.write('src/data.json', '{}');
  const index = site.write('src/deep/index.ts', '');
  const plugin = site.write('src/plugin.ts', '');
  expect(resolvedFrom(plugin, './lib')).toBe(urlOf(lib));
  expect(resolvedFrom(plugin, './lib.js')).toBe(urlOf(lib));
  expect(resolvedFrom(plugin, './deep')).toBe(urlOf(index));
  expect(resolve('./data.json', { parentURL: urlOf(plugin) }, next)).toEqual({
    url: urlOf(data),
    importAttributes: { type: 'json' },
  });
});
