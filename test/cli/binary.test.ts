// The binary as a process of its own, once for each command: all that it imports is there, standard output is the
// command's alone, and the exit code reaches the shell. What a command does is tested in commands.test.ts and others.
import { SkepProcess, site } from '../support/skep.js';

const hello = `
import { definePlugin, Task } from 'skep';

class Hello {
  run() { return 'done'; }
}
Task({ code: 'hello' })(Hello);

export default definePlugin({ name: 'hello', version: '1.0.0', tasks: [Hello] });
`;
const plugins = ['./hello.mjs', 'skep/plugins/tracking', 'skep/plugins/scheduler'];
const folder = site({ plugins }, { 'hello.mjs': hello });
afterAll(() => folder[Symbol.dispose]());

test.each([
  ['tasks', /^TASK/],
  ['plugins', /^PLUGIN/],
  ['retries hello', /^hello is not retried/],
  ['run hello', /^hello success/],
  ['dispatch hello', /^[0-9a-f-]{36}\n$/],
  ['executions list', /ID/],
  ['schedules', /^No schedule/],
  ['queues', /^NAME/],
  ['workers', /^No worker/],
  ['migrate --status', /^Maria is up to date/],
  ['doctor', /Node/],
  ['start --once --json', /^\{/],
  ['--version', /^\d+\.\d+\.\d+\n$/],
  ['help dispatch', /^Usage: skep dispatch/],
])('skep %s', async (line, expected) => {
  await using command = new SkepProcess(folder.path, line.split(' '));
  const { code, stdout, stderr } = await command.finished;
  expect({ code, stdout, stderr }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(expected),
  });
});

test('a command line that cannot be read exits with 2', async () => {
  await using command = new SkepProcess(folder.path, ['dispach']);
  const { code, stdout, stderr } = await command.finished;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Did you mean dispatch?');
});

test('a reader that goes away (`skep … | head -1`) is no failure', async () => {
  await using command = new SkepProcess(folder.path, ['start', '--once']);
  command.child.stdout?.destroy();
  command.child.stderr?.destroy();
  const { code, signal } = await command.finished;
  expect({ code, signal }).toEqual({ code: 0, signal: null });
});
