// The same task that does nothing, inline and in a thread.
import { definePlugin } from '../../src/core/host/plugin.js';
import { Task } from '../../src/core/tasks/decorators.js';

class Inline {
  run(): void {}
}
class Isolated {
  run(): void {}
}
// As decorators would do it; benchmarks are loaded without them.
Task({ code: 'inline' })(Inline);
Task({ code: 'isolated', isolate: true })(Isolated);

export default definePlugin({ name: 'no-op', version: '1.0.0', tasks: [Inline, Isolated] });
