// `--wait` on the command line ends after `--timeout`, when nobody performs what it waits for.
import { site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';

let folder: TempFolder;
beforeAll(() => {
  folder = site(
    { plugins: ['./plugin.mjs'] },
    {
      'plugin.mjs': `
        import { definePlugin, Task } from 'skep';
        class Quick { run() {} }
        Task({ code: 'quick' })(Quick);
        export default definePlugin({ name: 'site', version: '1.0.0', tasks: [Quick] });
      `,
    },
  );
});
afterAll(() => folder[Symbol.dispose]());

test('dispatch: the wait ends, and the execution stays in the queue', async () => {
  const args = ['dispatch', 'quick', '--wait', '--timeout', '50ms', '--json'];
  const { code, stdout, stderr } = await skep(folder, args);
  expect(code).toBe(1);
  expect(stderr).toContain('no worker consumes the queue "default"');
  const { errors } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(errors).toMatchObject([
    { code: 'SKEP_WAIT_TIMEOUT', message: expect.stringContaining('had not ended within 50 ms') },
  ]);
  const listed = await skep(folder, ['executions', 'list', '--json']);
  expect(listed.stdout).toContain('"queued"');
});

test.each([
  ['dispatch', 'quick', '--timeout', '5m'],
  ['dispatch', 'quick', '--wait', '--timeout', 'soon'],
  ['executions', 'cancel', 'e-1', '--timeout', '5m'],
  ['executions', 'cancel', 'e-1', '--wait', '--timeout', '-1s'],
])(
  'a timeout that bounds nothing is refused before anything is done: %s %s %s %s',
  async (...args) => {
    const { code, stdout } = await skep(folder, [...args.filter(Boolean), '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).errors).toMatchObject([
      { code: 'SKEP_USAGE', message: expect.stringContaining('--timeout') },
    ]);
  },
);
