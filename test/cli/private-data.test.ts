// What the commands write can be read by their user alone, whatever the folder was before.
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { site, skep } from '../support/skep.js';

const echo = `
import { definePlugin, Task, Tracked } from 'skep';
@Task({ code: 'echo' })
@Tracked()
class Echo {
  run(payload: unknown): unknown {
    return payload;
  }
}
export default definePlugin({ name: 'echo', version: '1.0.0', tasks: [Echo] });
`;
const config = { plugins: ['skep/plugins/tracking', 'skep/plugins/mail', './echo.ts'] };
const mode = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);
const modesIn = (folder: string): string[] =>
  readdirSync(folder).map((name) => `${name} ${mode(join(folder, name))}`);

test('a data folder that exists as 0755 gets files of 0600, and doctor says who may enter', async () => {
  using folder = site(config, { 'echo.ts': echo });
  const data = join(folder.path, '.skep');
  mkdirSync(data);
  chmodSync(data, 0o755);
  expect(await skep(folder, ['dispatch', 'echo', '--payload', '{"a":1}'])).toMatchObject({
    code: 0,
  });
  expect(await skep(folder, ['start', '--once'])).toMatchObject({ code: 0 });
  const modes = modesIn(data);
  expect(modes).toEqual(expect.arrayContaining(['queue.db 600', 'maria.db 600']));
  expect(modes.filter((each) => !each.endsWith(' 600'))).toEqual([]);
  const { code, stdout } = await skep(folder, ['doctor', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({
      name: 'files',
      warnings: expect.arrayContaining([
        expect.objectContaining({ message: expect.stringContaining('mode 0755') }),
      ]),
    }),
  );
});

test('folders and files that Skep creates for SKEP_DATA_DIR and MARIA_URL are for one user', async () => {
  using folder = site(config, { 'echo.ts': echo });
  const maria = join(folder.path, 'srv/x/app.db');
  const env = { SKEP_DATA_DIR: 'var/skep', MARIA_URL: `sqlite:${maria}` };
  expect(await skep(folder, ['dispatch', 'echo'], env)).toMatchObject({ code: 0 });
  const folders = ['var', 'var/skep', 'srv', 'srv/x'];
  expect(folders.map((name) => mode(join(folder.path, name)))).toEqual([
    '700',
    '700',
    '700',
    '700',
  ]);
  expect(mode(maria)).toBe('600');
});

test('nothing is written through a symbolic link', async () => {
  using folder = site(config, { 'echo.ts': echo });
  const data = join(folder.path, '.skep');
  mkdirSync(data, { mode: 0o700 });
  const target = folder.write('precious', 'untouched');
  for (const name of ['owner.json', 'owner.json.new']) symlinkSync(target, join(data, name));
  expect(await skep(folder, ['start', '--once'])).toMatchObject({ code: 0 });
  expect(readFileSync(target, 'utf8')).toBe('untouched');
  const linked = { SKEP_DATA_DIR: 'linked' };
  mkdirSync(join(folder.path, 'linked'), { mode: 0o700 });
  symlinkSync(target, join(folder.path, 'linked/queue.db'));
  const refused = await skep(folder, ['dispatch', 'echo'], linked);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(/SKEP_DATA_DIR_UNUSABLE .*queue\.db is a symbolic link/);
  expect(readFileSync(target, 'utf8')).toBe('untouched');
});

test('a data folder that cannot be created below /proc is refused, and does not hang', async () => {
  using folder = site(config, { 'echo.ts': echo });
  const { code, stderr } = await skep(folder, ['dispatch', 'echo'], { SKEP_DATA_DIR: '/proc/x' });
  expect(code).toBe(3);
  expect(stderr).toContain('SKEP_DATA_DIR_UNUSABLE');
});
