// What plugins contribute to the runtime itself and what fails there: the error names the plugin and is never an internal one.
import { installationCheck } from '../../src/core/host/installation-check.js';
import { definePlugin, executionStore, type Plugin, role } from '../../src/index.js';
import { type Composition, closeRuntime, compose } from '../../src/main.js';
import { rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';
import { installationOf, problemsWith } from './installation-of.js';

const fails = (): never => {
  throw new Error('listen EADDRINUSE');
};

const contributing = (...contributes: NonNullable<Plugin['contributes']>): Plugin =>
  definePlugin({ name: 'site', version: '1.0.0', contributes });

async function composed(plugin: Plugin, dataDir: string): Promise<Composition> {
  const { logger } = rememberingLogger();
  return compose({
    installation: await installationOf({
      plugins: [plugin],
      variables: { SKEP_DATA_DIR: dataDir },
    }),
    logger: { ...logger, close: async () => undefined },
  });
}

const named = (what: string) => ({
  code: 'SKEP_PLUGIN_START',
  message: `plugin "site" ${what}: listen EADDRINUSE`,
});

test.each([
  ['that throws', fails],
  ['that rejects', async () => fails()],
])('a check of the installation %s', async (_, check) => {
  const problems = await problemsWith({ plugins: [contributing(installationCheck(check))] });
  expect(problems).toMatchObject([named('failed to check the installation')]);
});

test('a register() that throws', async () => {
  using folder = tempFolder();
  const failing = definePlugin({ name: 'site', version: '1.0.0', register: fails });
  const { host } = await composed(failing, folder.path);
  expect(() => host.register()).toThrow(expect.objectContaining(named('failed to register')));
});

test('a store of executions that cannot be made', async () => {
  using folder = tempFolder();
  await expect(composed(contributing(executionStore(fails)), folder.path)).rejects.toMatchObject(
    named('failed to make its store of executions'),
  );
});

test('a role that cannot be made', async () => {
  using folder = tempFolder();
  const parts = await composed(contributing(role(fails)), folder.path);
  await expect(parts.roles.start()).rejects.toMatchObject(named('failed to make a role'));
  await closeRuntime(parts);
});
