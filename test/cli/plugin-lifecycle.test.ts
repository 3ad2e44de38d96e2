// What the binary does about plugins that fail, hang or never stop computing: they are named, and do not outlive a signal.
import { createServer } from 'node:net';
import { SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';

const plugin = `
import { createServer } from 'node:net';
import { definePlugin, role, Task } from 'skep';

@Task({ code: 'quick' })
class Quick {
  run() { return 'done'; }
}

const port = Number(process.env.PORT ?? 0);
const listening = role(() => ({
  name: 'http',
  start: () => new Promise((resolve, reject) => {
    createServer().once('error', reject).listen(port, '127.0.0.1', () => resolve());
  }),
  stop: async () => undefined,
}));
const forever = () => new Promise(() => undefined);

export default definePlugin({
  name: 'site', version: '1.0.0',
  tasks: [Quick],
  contributes: port === 0 ? [] : [listening],
  close() {
    if (process.env.CLOSE !== 'forever') return;
    console.error('closing for ever');
    return forever();
  },
});
`;

let folder: TempFolder;
beforeAll(() => {
  folder = site({ plugins: ['./plugin.ts'] }, { 'plugin.ts': plugin });
});
afterAll(() => folder[Symbol.dispose]());

test('a role whose port is taken is named with its plugin, and is no internal error', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, stdout } = await skep(folder, ['start', '--json'], { PORT: String(port) });
  taken.close();
  expect(code).toBe(2);
  expect(JSON.parse(stdout).errors).toMatchObject([
    {
      code: 'SKEP_PLUGIN_START',
      message: `plugin "site" failed to start its role "http": listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
    },
  ]);
});

test('a second signal ends a command that is held up while it closes', async () => {
  await using run = new SkepProcess(folder.path, ['run', 'quick'], { CLOSE: 'forever' });
  await run.saw('closing for ever');
  // One that follows at once would be the same Ctrl-C, passed on by npm.
  const signals = setInterval(() => run.child.kill('SIGTERM'), 50);
  const { code, stdout, stderr } = await run.finished;
  clearInterval(signals);
  expect(code).toBe(143);
  expect(stdout).toContain('quick success');
  // It did not wait for the bound of the step.
  expect(stderr).not.toContain('did not close within');
});
