// A plugin that ends the process while it is loaded, or throws where nothing awaits it: the command fails and names it.
import { SkepProcess, site, skep } from '../support/skep.js';

const plugin = (top: string): string => `
  import { definePlugin } from 'skep';
  ${top}
  export default definePlugin({ name: 'site', version: '1.0.0' });
`;

test.each([
  ['at its top', 'process.exit(0);'],
  ['later, while it waits', 'setImmediate(() => process.exit(0)); await new Promise(() => {});'],
])('process.exit(0) %s is no silent success', async (_, top) => {
  using folder = site({ plugins: ['./site.mjs'] }, { 'site.mjs': plugin(top) });
  const { code, stdout, stderr } = await new SkepProcess(folder.path, ['tasks']).finished;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(
    'SKEP_PLUGIN_LOAD plugin module "./site.mjs" ended the process while it was loaded, with exit code 0',
  );
});

test('with --json it is a document', async () => {
  using folder = site({ plugins: ['./site.mjs'] }, { 'site.mjs': plugin('process.exit(7);') });
  const { code, stdout } = await new SkepProcess(folder.path, ['tasks', '--json']).finished;
  expect(code).toBe(2);
  expect(JSON.parse(stdout).errors).toMatchObject([{ code: 'SKEP_PLUGIN_LOAD' }]);
});

test.each([
  ['an exception', "setImmediate(() => { throw new TypeError('stray'); });"],
  ['a rejection', "void Promise.reject(new TypeError('stray'));"],
])('%s that nothing awaits while the module is loaded', async (_, throwing) => {
  const top = `${throwing} await new Promise(() => {});`;
  using folder = site({ plugins: ['./site.mjs'] }, { 'site.mjs': plugin(top) });
  const { code, stderr } = await skep(folder, ['tasks']);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^SKEP_PLUGIN_LOAD plugin module ".\/site.mjs": an exception was thrown where nothing awaits it: stray\n/,
  );
});

test('what code of the module throws later, while a command works, ends the command, by name', async () => {
  const top = `
    import { probe } from 'skep';
    const examine = () => { globalThis.examined(); return new Promise(() => {}); };
    new Promise((resolve) => { globalThis.examined = resolve; }).then(() => { throw new TypeError('late'); });
  `;
  const contributing = plugin(top).replace(
    "version: '1.0.0'",
    "version: '1.0.0', contributes: [probe({ name: 'x', examine })]",
  );
  using folder = site({ plugins: ['./site.mjs'] }, { 'site.mjs': contributing });
  const { code, stderr } = await skep(folder, ['doctor']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^SKEP_PLUGIN_FAILED plugin module ".\/site.mjs": .*: late\n/);
});
