// The data folder before it exists: what can be created, and what says why not.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { examineDataDir, prepareDataDir } from '../../src/core/config/data-dir.js';
import { tempFolder } from '../support/temp-folder.js';

it('an examination creates neither the folder nor its parents', () => {
  using folder = tempFolder();
  expect(examineDataDir(join(folder.path, 'var/skep'))).toBe(false);
  expect(existsSync(join(folder.path, 'var'))).toBe(false);
});

it('an existing folder is written to, and left as it was', () => {
  using folder = tempFolder();
  const path = join(folder.path, 'data');
  prepareDataDir(path);
  expect(examineDataDir(path)).toBe(true);
});

it.each([
  ['file', /is a file, not a folder/],
  ['file/data', /lies under a file, not a folder/],
  ['file/data/deeper', /lies under a file, not a folder/],
])('%s cannot be the data folder, by examination and by creation', (name, message) => {
  using folder = tempFolder();
  folder.write('file', 'text');
  for (const attempt of [examineDataDir, prepareDataDir]) {
    expect(() => attempt(join(folder.path, name))).toThrow(
      expect.objectContaining({
        code: 'SKEP_DATA_DIR_UNUSABLE',
        message: expect.stringMatching(message),
      }),
    );
  }
});
