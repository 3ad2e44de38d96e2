// Keys of `queues` in plugins.json that change nothing.
import { queuesWithoutTasks } from '../../src/composition/installation.js';
import { definePlugin, Task } from '../../src/index.js';
import { installationOf, problemsWith } from './installation-of.js';

@Task({ code: 'bill', queue: 'billing', priority: 'high' })
class Bill {
  run(): void {}
}

const plugins = [definePlugin({ name: 'site', version: '1.0.0', tasks: [Bill] })];
const unused = async (sections: object) =>
  queuesWithoutTasks(await installationOf({ plugins, sections }));

test('a queue that tasks are in is used, by decorator or by plugins.json', async () => {
  expect(await unused({ queues: { billing: {} } })).toEqual([]);
  const moved = { queues: { money: {} }, tasks: { bill: { queue: 'money' } } };
  expect(await unused(moved)).toEqual([]);
});

test('any other is told with the name that may have been meant; "default" is no exception', async () => {
  const queues = { biling: {}, default: {}, billing: {} };
  expect(await unused({ queues })).toEqual(['biling. Did you mean "billing"?', 'default']);
});

test('a queue with a priority in its name is refused: its lanes share what the queue may take', async () => {
  const queues = { 'billing:high': { concurrency: 2 } };
  expect(await problemsWith({ plugins, sections: { queues } })).toMatchObject([
    { code: 'SKEP_CONFIG_INVALID', message: expect.stringContaining('billing:high') },
  ]);
});
