// The inside of a thread for isolated tasks, in this thread: what it performs, and the port through which it is told.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { DependencyContainer } from 'tsyringe';
import type { Envelope } from '../../src/core/envelope.js';
import { CodeRunner } from '../../src/core/run/code-runner.js';
import type { TaskClass } from '../../src/core/tasks/task-class.js';
import { serveThread } from '../../src/plugins/isolation/index.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { fixedSeams, registryOf, rememberingLogger } from './harness.js';

export class InThread implements Disposable {
  readonly #serve: ReturnType<typeof serveThread>;
  readonly #outside: MessagePort;

  private constructor(serve: ReturnType<typeof serveThread>, outside: MessagePort) {
    this.#serve = serve;
    this.#outside = outside;
  }

  /** @param root what runs resolve from. */
  static async open(tasks: readonly TaskClass[], root: DependencyContainer): Promise<InThread> {
    const { logger } = rememberingLogger();
    const registry = registryOf(...tasks);
    const seams = fixedSeams();
    const code = new CodeRunner({
      registry,
      scopes: { root, extensions: [], disposeTimeoutMs: 1_000 },
      logger,
      seams,
      limits: { payloadBytes: 1024, resultBytes: 1024 },
      tracker: new MemoryTracker(),
    });
    const serve = serveThread(async () => ({
      registry,
      seams,
      code,
      close: async () => undefined,
    }));
    const { port1: outside, port2: inside } = new MessageChannel();
    const settings = {
      configFile: '',
      environment: {},
      cwd: '',
      logLevel: 'error',
      closeStepMs: 1_000,
    } as const;
    const gate = new Int32Array(new SharedArrayBuffer(8));
    await serve({ kind: 'open', settings, port: inside, gate });
    return new InThread(serve, outside);
  }

  /** What the main thread says beside its jobs. */
  tell(message: unknown): void {
    this.#outside.postMessage(message);
  }

  perform(run: number, envelope: Envelope): Promise<unknown> {
    const { id, task } = envelope;
    const fields = { executionId: id, task, attempt: 1, worker: 'w', jobId: id };
    return this.#serve({ kind: 'run', run, attempt: { envelope, fields, fence: 1 } });
  }

  [Symbol.dispose](): void {
    this.#outside.close();
  }
}
