// The whole way of a run, as the runtime is put together: dispatcher, queue, worker, scope, task, outcome, settle.
import 'reflect-metadata';
import { container } from 'tsyringe';
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import { finalWait } from '../../src/core/executions/final-wait.js';
import { RunRecorder } from '../../src/core/run/run-recorder.js';
import { Runner } from '../../src/core/run/runner.js';
import { Worker } from '../../src/core/run/worker.js';
import { systemSeams } from '../../src/core/seams.js';
import { Task } from '../../src/core/tasks/decorators.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { dispatchAll, perSecond } from './deliveries.js';
import { logger, queue, withBroker } from './queue-in-a-folder.js';

class Noop {
  run(): void {}
}
Task({ code: 'noop' })(Noop);

const { registry } = TaskRegistry.build([{ plugin: 'bench', tasks: [Noop] }]);
const mebibyte = 1024 * 1024;

/** Runs a second. */
export function fullRuns(runs: number, concurrency: number): Promise<number> {
  return withBroker(async (broker) => {
    const tracker = new MemoryTracker();
    const seams = systemSeams;
    const runner = new Runner({
      registry,
      scopes: { root: container.createChildContainer(), extensions: [], disposeTimeoutMs: 5_000 },
      recorder: new RunRecorder(tracker, [], logger),
      tracker,
      logger,
      seams,
      limits: { payloadBytes: mebibyte, resultBytes: mebibyte },
      worker: 'bench',
    });
    const dispatcher = new BrokerDispatcher({
      registry,
      broker,
      waitForFinal: finalWait(broker, undefined),
      tracker,
      logger,
      seams,
      payloadLimitBytes: mebibyte,
    });
    const worker = new Worker({
      broker,
      runner,
      logger,
      queues: [{ name: queue, concurrency, weight: 1 }],
    });
    const startedAt = performance.now();
    await worker.start();
    await dispatchAll(runs, () => dispatcher.dispatch('noop', null));
    await broker.waitForEmpty();
    const rate = perSecond(runs, startedAt);
    await worker.drain(5_000);
    return rate;
  });
}
