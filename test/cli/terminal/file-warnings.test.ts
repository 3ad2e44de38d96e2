// What doctor says of modes and of root.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileWarnings } from '../../../src/cli/terminal/file-warnings.js';
import { tempFolder } from '../../support/temp-folder.js';

function warnings(
  prepare: (at: (name: string) => string) => void,
  uid = 1000,
): { message: string; remedy: string }[] {
  using folder = tempFolder();
  const at = (name: string): string => join(folder.path, name);
  mkdirSync(at('data'), { mode: 0o700 });
  for (const name of ['.env', 'data/queue.db', 'data/owner.lock'])
    chmodSync(folder.write(name, ''), 0o600);
  prepare(at);
  return [...fileWarnings({ dataDir: at('data'), envFile: at('.env'), uid })];
}

it('nothing, where everything is for one user', () => {
  expect(warnings(() => undefined)).toEqual([]);
});

it('nothing of what is not there', () => {
  using folder = tempFolder();
  const at = (name: string): string => join(folder.path, name);
  expect(fileWarnings({ dataDir: at('data'), envFile: at('.env'), uid: undefined })).toEqual([]);
});

it.each([0o750, 0o701])('the data folder with mode %o', (mode) => {
  const [warning, ...rest] = warnings((at) => chmodSync(at('data'), mode));
  expect(rest).toEqual([]);
  expect(warning?.message).toContain(`mode 0${mode.toString(8)}`);
  expect(warning?.remedy).toMatch(/^chmod 700 .*data$/);
});

it('its files, by name', () => {
  const [warning, ...rest] = warnings((at) => chmodSync(at('data/queue.db'), 0o644));
  expect(rest).toEqual([]);
  expect(warning?.message).toMatch(/files of the data folder: queue\.db$/);
});

it.each([
  [0o600, 0],
  [0o640, 0],
  [0o644, 1],
  [0o660, 1],
])('.env with mode %o: %i warnings', (mode, count) => {
  const found = warnings((at) => chmodSync(at('.env'), mode));
  expect(found).toHaveLength(count);
  for (const { message } of found) expect(message).toMatch(/\.env holds passwords.*mode 06/);
});

it('root', () => {
  expect(warnings(() => undefined, 0)).toEqual([
    { message: expect.stringContaining('runs as root'), remedy: expect.stringContaining('User=') },
  ]);
});
