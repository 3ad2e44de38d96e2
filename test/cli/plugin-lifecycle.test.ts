// What the binary does about plugins that fail, hang or never stop computing: they are named, and do not outlive a signal.
import { createServer } from 'node:net';
import { SilentServer } from '../support/silent-server.js';
import { SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';

const plugin = `
import { createServer } from 'node:net';
import { definePlugin, probe, role, Task } from 'skep';

@Task({ code: 'quick' })
class Quick {
  run() { return 'done'; }
}

if (process.env.COMPUTES === 'load') for (;;);
const port = Number(process.env.PORT ?? 0);
const listening = role(() => ({
  name: 'http',
  start: () => new Promise((resolve, reject) => {
    createServer().once('error', reject).listen(port, '127.0.0.1', () => resolve());
  }),
  stop: async () => undefined,
}));
const computing = role(() => ({
  name: 'sums',
  start: () => { for (;;); },
  stop: async () => undefined,
}));
const forever = () => new Promise(() => undefined);
const failing = probe({
  name: 'smtp',
  examine: async () => { throw new Error('no answer from mail'); },
});

export default definePlugin({
  name: 'site', version: '1.0.0',
  tasks: [Quick],
  contributes: [
    ...(port === 0 ? [] : [listening]),
    ...(process.env.COMPUTES === 'role' ? [computing] : []),
    ...(process.env.PROBE === 'fails' ? [failing] : []),
  ],
  register() {
    if (process.env.COMPUTES === 'register') for (;;);
  },
  async start() {
    if (process.env.COMPUTES === 'start') for (;;);
    if (process.env.COMPUTES !== 'start later') return;
    await new Promise((resolve) => setImmediate(resolve));
    for (;;);
  },
  close() {
    if (process.env.COMPUTES === 'close') for (;;);
    if (process.env.CLOSE !== 'forever') return;
    console.error('closing for ever');
    return forever();
  },
});
`;

/** A site with a data folder of its own. */
const siteOf = (startTimeout: string): TempFolder =>
  site({ plugins: [{ module: './plugin.ts', startTimeout }] }, { 'plugin.ts': plugin });

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
      remedy: 'Another process listens on this address: end it, or give the plugin another port.',
    },
  ]);
});

test('a probe that fails is named with its plugin, and is no internal error', async () => {
  // In a process of its own: what the plugin contributes is decided when its module is loaded.
  const env = { PROBE: 'fails' };
  const { code, stdout } = await new SkepProcess(folder.path, ['doctor', '--json'], env).finished;
  expect(code).toBe(1);
  const findings: { readonly name: string }[] = JSON.parse(stdout);
  expect(findings.find(({ name }) => name === 'smtp')).toMatchObject({
    ok: false,
    code: 'SKEP_PLUGIN_FAILED',
    message: 'plugin "site" failed in its probe "smtp": no answer from mail',
  });
});

test('a plugin that computes for ever is named and does not outlive SIGTERM, whatever it is at', async () => {
  const steps: [string, RegExp][] = [
    ['load', /plugin module \\"\.\/plugin\.ts\\" computes in its load/],
    ['register', /plugin \\"site\\" computes in its register/],
    ['start', /plugin \\"site\\" computes in its start/],
    ['role', /role \\"sums\\" of plugin \\"site\\" computes in its start/],
  ];
  const ends = steps.map(async ([step, named]) => {
    using own = siteOf('30s');
    await using run = new SkepProcess(own.path, ['start'], { COMPUTES: step });
    await run.saw(named);
    // The moment in which the thread has the signals released comes with the line, and not before it.
    const signals = setInterval(() => run.child.kill('SIGTERM'), 50);
    const { signal, stderr } = await run.finished;
    clearInterval(signals);
    return { step, signal, atItsDeadline: stderr.includes('ending the process') };
  });
  expect(await Promise.all(ends)).toEqual(
    steps.map(([step]) => ({ step, signal: 'SIGTERM', atItsDeadline: false })),
  );
});

test('without a signal, a plugin that computes for ever ends the process at its deadline', async () => {
  const steps: [string, string, string][] = [
    ['load', 'load', 'SKEP_PLUGIN_LOAD'],
    ['register', 'register', 'SKEP_PLUGIN_START'],
    ['start', 'start', 'SKEP_PLUGIN_START'],
    ['start later', 'start', 'SKEP_PLUGIN_START'],
  ];
  const ends = steps.map(async ([computes, step, error]) => {
    // Loading counts against it as well, so that it is long enough for a machine that is busy.
    using own = siteOf('8s');
    await using run = new SkepProcess(own.path, ['start'], { COMPUTES: computes });
    const { code, stderr } = await run.finished;
    expect(stderr).toMatch(
      new RegExp(`did not end its ${step} within [\\d.]+ s, ending the process`),
    );
    expect(stderr).toContain(error);
    expect(code).toBe(2);
  });
  const closing = async () => {
    using own = siteOf('30s');
    await using run = new SkepProcess(own.path, ['run', 'quick'], { COMPUTES: 'close' });
    const { code, stdout, stderr } = await run.finished;
    expect(stdout).toContain('quick success');
    expect(stderr).toContain('did not end its close within 10 s, ending the process');
    expect(code).toBe(1);
  };
  await Promise.all([...ends, closing()]);
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

test.each([
  ['start', 'REDIS_URL', 'redis://', 'SIGTERM', 143],
  ['run', 'REDIS_URL', 'redis://', 'SIGINT', 130],
  ['start', 'MARIA_URL', 'mariadb://skep:skep@', 'SIGTERM', 143],
] as const)(
  'skep %s ends while %s does not answer',
  async (command, name, scheme, by, exitCode) => {
    await using server = await SilentServer.listen();
    const args = command === 'run' ? ['run', 'quick'] : ['start'];
    const env = { [name]: `${scheme}${server.address}${name === 'MARIA_URL' ? '/skep' : ''}` };
    await using run = new SkepProcess(folder.path, args, env);
    await server.connected;
    const { code, signal, stderr } = await run.kill(by);
    // Had it waited for the server, it would have ended with an error of that.
    expect({ code, signal }).toEqual({ code: exitCode, signal: null });
    expect(stderr).not.toContain('left behind');
  },
);
