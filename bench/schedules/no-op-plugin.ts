// A task that does nothing, for schedules.
import { definePlugin } from '../../src/core/host/plugin.js';
import { Task } from '../../src/core/tasks/decorators.js';

class Noop {
  run(): void {}
}
// As a decorator would do it; benchmarks are loaded without them.
Task({ code: 'noop' })(Noop);

export default definePlugin({
  name: 'schedules-bench',
  version: '1.0.0',
  requires: { scheduler: '*' },
  tasks: [Noop],
});
