// A runtime tells of code that holds up its event loop, and of which task it is.
import { SkepProcess, site, skep } from '../support/skep.js';
import { until } from '../support/until.js';

const plugin = `
import { definePlugin, Task } from 'skep';
class Busy {
  run() { for (const end = Date.now() + 5000; Date.now() < end; ); }
}
Task({ code: 'busy' })(Busy);
export default definePlugin({ name: 'busy', version: '1.0.0', tasks: [Busy] });
`;

test('the log of skep start names the task that blocked the event loop', async () => {
  using folder = site({ plugins: ['./busy.mjs'] }, { 'busy.mjs': plugin });
  await using runtime = new SkepProcess(folder.path, ['start']);
  await runtime.saw('"ready"');
  const id = (await skep(folder, ['dispatch', 'busy'])).stdout.trim();
  await runtime.saw('the event loop was blocked');
  await until(async () => {
    const shown = JSON.parse((await skep(folder, ['executions', 'show', id, '--json'])).stdout);
    return shown.state === 'success';
  });
  const { stderr } = await runtime.kill('SIGTERM');
  const told = stderr
    .split('\n')
    .filter((line) => line.includes('the event loop was blocked'))
    .map((line) => JSON.parse(line));
  expect(told).toContainEqual(expect.objectContaining({ task: 'busy', executionId: id }));
}, 120_000);
