// Tracked tasks that do nothing, and one that dispatches them within a transaction.
import { Dispatcher } from '../../src/core/dispatch/dispatcher.js';
import { definePlugin } from '../../src/core/host/plugin.js';
import { Task, Tracked } from '../../src/core/tasks/decorators.js';
import { inject } from '../../src/core/tasks/inject.js';
import { Maria, type ScopedDataSource } from '../../src/datasources/index.js';

class TrackedNoop {
  run(): void {}
}
// As decorators would do it; benchmarks are loaded without them.
Task({ code: 'tracked_noop' })(TrackedNoop);
Tracked()(TrackedNoop);

class Later {
  run(): void {}
}
Task({ code: 'later', queue: 'later' })(Later);
Tracked()(Later);

/** When each transaction had committed, by the execution that it dispatched; on the clock of `performance.now()`. */
export const committed = new Map<string, number>();

class Order {
  constructor(
    private readonly maria: ScopedDataSource,
    private readonly dispatcher: Dispatcher,
  ) {}

  async run({ n }: { n: number }): Promise<void> {
    const { id } = await this.maria.transaction(async (manager) => {
      await manager.query('INSERT INTO bench_order (n) VALUES (?)', [n]);
      return this.dispatcher.within(manager).dispatch('later', { n });
    });
    committed.set(id, performance.now());
  }
}
inject(Maria)(Order, undefined, 0);
inject(Dispatcher)(Order, undefined, 1);
Task({ code: 'order' })(Order);

export default definePlugin({
  name: 'tracked-bench',
  version: '1.0.0',
  requires: { tracking: '*' },
  tasks: [TrackedNoop, Later, Order],
});
