// Skep the whole way, as the runtime is put together: dispatcher, broker, worker, scope with injection, task, outcome,
// settle; logging as it is shipped, at level `warn`.
import 'reflect-metadata';
import { container } from 'tsyringe';
import { BrokerDispatcher } from '../../../src/core/dispatch/broker-dispatcher.js';
import { finalWait } from '../../../src/core/executions/final-wait.js';
import { createLogger } from '../../../src/core/log/winston-logger.js';
import type { Broker, ConsumeOptions } from '../../../src/core/ports/broker.js';
import { RunContext } from '../../../src/core/run/run-context.js';
import { RunRecorder } from '../../../src/core/run/run-recorder.js';
import { Runner } from '../../../src/core/run/runner.js';
import { Worker } from '../../../src/core/run/worker.js';
import { systemSeams as seams } from '../../../src/core/seams.js';
import { Task } from '../../../src/core/tasks/decorators.js';
import { inject } from '../../../src/core/tasks/inject.js';
import { TaskRegistry } from '../../../src/core/tasks/registry.js';
import { BeeQueueBroker } from '../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../src/plugins/queue/bee-queue/options.js';
import { MemoryTracker } from '../../../src/plugins/tracking/index.js';
import { Countdown, type Payload, type Peer } from '../peer.js';
import { redisUrl, serve } from '../serve.js';

const mebibyte = 1024 * 1024;
const name = 'bench:1';
const logger = createLogger({
  level: 'warn',
  format: 'json',
  stream: process.stderr,
  colour: false,
});

/** A service of the application, as tasks have them. */
class Starts {
  onStart: (payload: Payload) => void = () => {};
}

class Noop {
  constructor(
    private readonly starts: Starts,
    readonly context: RunContext,
  ) {}

  run(payload: Payload): void {
    this.starts.onStart(payload);
  }
}
// As decorators would do it; benchmarks are loaded without them.
inject(Starts)(Noop, undefined, 0);
inject(RunContext)(Noop, undefined, 1);
Task({ code: 'noop' })(Noop);

const { registry } = TaskRegistry.build([{ plugin: 'bench', tasks: [Noop] }]);

async function openBroker(prefix: string): Promise<BeeQueueBroker> {
  const options = redisOptionsSchema.parse({ prefix });
  const broker = new BeeQueueBroker({ url: redisUrl, ...options, logger, seams, worker: name });
  await broker.open();
  return broker;
}

/** The broker, with each delivery counted once its settlement is acknowledged. */
function counted(broker: Broker, completed: Countdown): Broker {
  return new Proxy(broker, {
    get(target, key) {
      if (key !== 'consume') {
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return ({ deliver, ...options }: ConsumeOptions) =>
        target.consume({
          ...options,
          async deliver(delivery) {
            await deliver(delivery);
            completed.add();
          },
        });
    },
  });
}

const skep: Peer = {
  name: 'skep',

  async dispatcher(prefix) {
    const broker = await openBroker(prefix);
    const dispatcher = new BrokerDispatcher({
      registry,
      broker,
      waitForFinal: finalWait(broker, undefined),
      tracker: new MemoryTracker(),
      logger,
      seams,
      payloadLimitBytes: mebibyte,
    });
    return {
      dispatch: (payload) => dispatcher.dispatch(Noop, payload),
      dispatchAll: (payloads) =>
        dispatcher.dispatchAll(payloads.map((payload) => ({ task: Noop, payload }))),
      close: () => broker.close(),
    };
  },

  async worker(prefix, concurrency, onStart) {
    const broker = await openBroker(prefix);
    const completed = new Countdown();
    const root = container.createChildContainer();
    const starts = new Starts();
    starts.onStart = onStart;
    root.registerInstance(Starts, starts);
    const tracker = new MemoryTracker();
    const runner = new Runner({
      registry,
      scopes: { root, extensions: [], disposeTimeoutMs: 5_000 },
      recorder: new RunRecorder(tracker, [], logger),
      tracker,
      logger,
      seams,
      limits: { payloadBytes: mebibyte, resultBytes: mebibyte },
      worker: name,
    });
    const queues = [{ name: 'default', concurrency, weight: 1 }];
    const worker = new Worker({ broker: counted(broker, completed), runner, logger, queues });
    return {
      start: () => worker.start(),
      completed: (count) => completed.reached(count),
      async close() {
        await worker.drain(5_000);
        await broker.close();
      },
    };
  },
};

serve(skep);
