// Errors of a plugin's own code, wherever Skep calls it: the plugin is named, and none is an internal error of Skep.
import { installationCheck } from '../../src/core/host/installation-check.js';
import { definePlugin } from '../../src/index.js';
import { problemsWith } from '../composition/installation-of.js';
import { type Finished, SkepProcess, site, skep } from '../support/skep.js';

/** What a command says in a site whose plugin contributes this. */
async function saidWith(contribution: string, words: readonly string[]): Promise<Finished> {
  const plugin = `
    import { definePlugin, executionStore, probe, role } from 'skep';
    const breaks = () => { throw new TypeError('nothing to connect to'); };
    export default definePlugin({ name: 'site', version: '1.0.0', contributes: [${contribution}] });
  `;
  using folder = site({ plugins: ['./plugin.ts'] }, { 'plugin.ts': plugin });
  return await skep(folder, words);
}

test.each([
  ['executionStore(breaks)', 'failed to make its store of executions'],
  ['role(breaks)', 'failed to make a role'],
])('%s', async (contribution, step) => {
  const { code, stdout } = await saidWith(contribution, ['start', '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).errors).toMatchObject([
    { code: 'SKEP_PLUGIN_START', message: `plugin "site" ${step}: nothing to connect to` },
  ]);
});

test('a role that is none', async () => {
  const { code, stdout } = await saidWith('role(() => null)', ['start', '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).errors).toMatchObject([
    {
      code: 'SKEP_PLUGIN_START',
      message: 'plugin "site" failed to make a role: expected { name, start(), stop() }',
    },
  ]);
});

test('a probe', async () => {
  const contribution = "probe({ name: 'ledger', examine: async () => breaks() })";
  const { code, stdout } = await saidWith(contribution, ['doctor', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({
      name: 'ledger',
      ok: false,
      code: 'SKEP_PLUGIN_FAILED',
      message: 'plugin "site" failed in its probe "ledger": nothing to connect to',
    }),
  );
});

test('a check of the installation, which only plugins of Skep contribute', async () => {
  const check = installationCheck(() => {
    throw new TypeError('nothing to connect to');
  });
  const plugin = definePlugin({ name: 'site', version: '1.0.0', contributes: [check] });
  expect(await problemsWith({ plugins: [plugin] })).toMatchObject([
    {
      code: 'SKEP_PLUGIN_START',
      message: 'plugin "site" failed to check the installation: nothing to connect to',
    },
  ]);
});

test('what a plugin or role throws later, from a timer or a promise that nobody awaits, names it', async () => {
  const plugin = `
    import { definePlugin, role } from 'skep';
    const throws = () => { throw new TypeError('later'); };
    export default definePlugin({
      name: 'site',
      version: '1.0.0',
      start: () => { setTimeout(throws); },
      contributes: [
        role(() => ({ name: 'http', start: () => void Promise.reject(new TypeError('later')), stop() {} })),
      ],
    });
  `;
  using folder = site({ plugins: ['./plugin.ts'] }, { 'plugin.ts': plugin });
  await using runtime = new SkepProcess(folder.path, ['start']);
  await runtime.saw('"message":"plugin \\"site\\": an exception was thrown outside of any run"');
  await runtime.saw(
    '"message":"role \\"http\\" of plugin \\"site\\": a promise that nobody awaited was rejected"',
  );
});
