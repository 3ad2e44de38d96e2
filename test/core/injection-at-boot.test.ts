// A runtime whose tasks ask for what cannot be given does not begin: nothing is claimed, and nothing is retried.
import { definePlugin, inject, Task } from '../../src/index.js';
import { closeRuntime, compose, load, openRuntime } from '../../src/main.js';
import { rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';

class Unregistered {}

@Task({ code: 'broken' })
class Broken {
  constructor(
    @inject('config') readonly config: object,
    @inject(Unregistered) readonly service: Unregistered,
    @inject('started') readonly started: object,
  ) {}
  run(): void {}
}

test('all mistakes together, when the plugins have started; what start() registers is there', async () => {
  using folder = tempFolder();
  folder.write('broken.js', '');
  const plugin = definePlugin({
    name: 'broken',
    version: '1.0.0',
    tasks: [Broken],
    start: ({ container }) => void container.registerInstance('started', {}),
  });
  const installation = await load({
    configFile: folder.write('plugins.json', { plugins: ['./broken.js'] }),
    variables: { SKEP_DATA_DIR: folder.path },
    cwd: folder.path,
    importModule: async () => ({ default: plugin }),
  });
  const { logger } = rememberingLogger();
  const parts = compose({ installation, logger: { ...logger, close: async () => undefined } });
  try {
    const opening = openRuntime(parts, { signal: new AbortController().signal, consumes: true });
    await expect(opening).rejects.toMatchObject({
      problems: [
        {
          code: 'SKEP_INJECTION_INVALID',
          message:
            'constructor parameter 1 (config) needs "config", and nothing is registered under it',
          place: 'class Broken of plugin broken',
        },
        {
          code: 'SKEP_INJECTION_INVALID',
          message: expect.stringContaining(
            'constructor parameter 2 (service) needs the class Unregistered',
          ),
        },
      ],
    });
  } finally {
    await closeRuntime(parts);
  }
});
