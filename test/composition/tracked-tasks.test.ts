// A task with @Tracked needs a plugin that keeps the record of its executions.
import { definePlugin, executionStore, Task, Tracked } from '../../src/index.js';
import tracking from '../../src/plugins/tracking/index.js';
import { problemsWith } from './installation-of.js';

@Task({ code: 'close_month' })
@Tracked()
class CloseMonth {
  run(): void {}
}

@Task({ code: 'greet' })
class Greet {
  run(): void {}
}

const books = definePlugin({ name: 'books', version: '1.0.0', tasks: [CloseMonth, Greet] });

test('is refused where no plugin keeps the record, with the line to add to plugins.json', async () => {
  const problems = await problemsWith({ plugins: [books] });
  expect(
    problems.map(({ code, message, remedy, place }) => ({ code, message, remedy, place })),
  ).toEqual([
    {
      code: 'SKEP_NOT_TRACKING',
      message:
        'the task "close_month" is @Tracked, and no plugin of this installation keeps the record of executions',
      remedy:
        'Add "skep/plugins/tracking" to "plugins" in plugins.json, or take @Tracked off the class CloseMonth.',
      place: expect.stringMatching(/^plugins\.json:\d+:\d+ \(plugins\)$/),
    },
  ]);
});

test('is accepted with the plugin tracking', async () => {
  expect(await problemsWith({ plugins: [tracking, books] })).toEqual([]);
});

test('is accepted with a store of its own', async () => {
  const legacy = definePlugin({
    name: 'legacy-tracking',
    version: '1.0.0',
    contributes: [
      executionStore(() => {
        throw new Error('nothing is opened to check an installation');
      }),
    ],
  });
  expect(await problemsWith({ plugins: [books, legacy] })).toEqual([]);
});

test('is no matter while the task is disabled', async () => {
  const sections = { tasks: { close_month: { enabled: false } } };
  expect(await problemsWith({ plugins: [books], sections })).toEqual([]);
});
