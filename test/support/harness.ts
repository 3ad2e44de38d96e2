// A runner over given task classes, with every seam in the test's hands.
import 'reflect-metadata';
import { container } from 'tsyringe';
import type { Envelope } from '../../src/core/envelope.js';
import type { JsonValue } from '../../src/core/json.js';
import type { LogFields, Logger } from '../../src/core/log/logger.js';
import { currentRunFields } from '../../src/core/log/run-fields.js';
import type { Isolation } from '../../src/core/ports/isolation.js';
import type { RunObserver } from '../../src/core/ports/observer.js';
import type { Tracker } from '../../src/core/ports/tracker.js';
import { RunRecorder, type RunRecorderOptions } from '../../src/core/run/run-recorder.js';
import { Runner, type RunnerParts } from '../../src/core/run/runner.js';
import type { ScopeExtension } from '../../src/core/run/scope.js';
import type { Seams } from '../../src/core/seams.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import type { TaskClass } from '../../src/core/tasks/task-class.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';

export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that remembers its lines, with the fields of the run they belong to. */
export function rememberingLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const line =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...currentRunFields(), ...fields } });
    };
  const logger = {
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: line('debug'),
  };
  return { logger, lines };
}

/** A registry of classes that must be sound. */
export function registryOf(...tasks: TaskClass[]): TaskRegistry {
  const { registry, problems } = TaskRegistry.build([{ plugin: 'test', tasks }]);
  if (problems.length > 0) throw new AggregateError(problems, problems.join('\n'));
  return registry;
}

export const fixedSeams = (changes: Partial<Seams> = {}): Seams => {
  let ids = 0;
  return { now: () => Date.now(), random: () => 0.5, newId: () => `id-${++ids}`, ...changes };
};

export function envelopeOf(
  task: string,
  payload: JsonValue = null,
  changes: Partial<Envelope> = {},
): Envelope {
  return {
    v: 1,
    id: 'e-1',
    task,
    queue: 'default',
    payload,
    attempt: 1,
    dispatchedAt: 0,
    triggeredBy: 'test',
    ...changes,
  };
}

export interface HarnessOptions {
  readonly tasks: readonly TaskClass[];
  readonly extensions?: readonly ScopeExtension[];
  readonly tracker?: Tracker;
  readonly observers?: readonly RunObserver[];
  readonly patience?: RunRecorderOptions;
  readonly seams?: Partial<Seams>;
  readonly resultBytes?: number;
  /** The workers that are alive; none but this one when absent. */
  readonly workers?: RunnerParts['workers'];
  readonly unknownTaskTimeoutMs?: number;
  readonly payloadTimeoutMs?: number;
  readonly disposeTimeoutMs?: number;
  /** Where isolated tasks are performed; in this thread when absent. */
  readonly isolation?: Isolation;
}

/** A runner as the composition root would build it. */
export function createHarness(options: HarnessOptions) {
  const { logger, lines } = rememberingLogger();
  const root = container.createChildContainer();
  const tracker = options.tracker ?? new MemoryTracker();
  const recorder = new RunRecorder(tracker, options.observers ?? [], logger, options.patience);
  const parts: RunnerParts = {
    registry: registryOf(...options.tasks),
    scopes: {
      root,
      extensions: options.extensions ?? [],
      disposeTimeoutMs: options.disposeTimeoutMs ?? 1_000,
    },
    recorder,
    tracker,
    logger,
    seams: fixedSeams(options.seams),
    limits: { payloadBytes: 1024 * 1024, resultBytes: options.resultBytes ?? 1024 * 1024 },
    worker: 'worker-1',
    ...(options.workers ? { workers: options.workers } : {}),
    ...(options.unknownTaskTimeoutMs === undefined
      ? {}
      : { unknownTaskTimeoutMs: options.unknownTaskTimeoutMs }),
    ...(options.payloadTimeoutMs === undefined
      ? {}
      : { payloadTimeoutMs: options.payloadTimeoutMs }),
    ...(options.isolation ? { isolation: options.isolation } : {}),
  };
  const runner = new Runner(parts);
  let current = runner;
  // Delivered under the id of the envelope, as a queue does.
  const perform = (envelope: unknown, crashes = 0) =>
    current.perform({ id: idOf(envelope), raw: envelope, crashes });
  /** Stops the runs that are going on; what is performed from then on is by another process, so to speak. */
  const stopAndGoOn = (): void => {
    const stopped = current;
    current = new Runner(parts);
    stopped.stop();
  };
  return { runner, recorder, root, tracker, lines, perform, stopAndGoOn };
}

function idOf(envelope: unknown): string {
  const { id } = (envelope ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : 'e-1';
}
