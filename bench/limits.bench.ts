// How long after its time a soft limit aborts the signal, with 50 runs going on at one time. Prints a table and one
// line of JSON.
import 'reflect-metadata';
import Table from 'cli-table3';
import { container } from 'tsyringe';
import type { RunContext } from '../src/core/run/run-context.js';
import { RunRecorder } from '../src/core/run/run-recorder.js';
import { Runner } from '../src/core/run/runner.js';
import { systemSeams } from '../src/core/seams.js';
import { Task, TimeLimit } from '../src/core/tasks/decorators.js';
import { TaskRegistry } from '../src/core/tasks/registry.js';
import { MemoryTracker } from '../src/plugins/tracking/index.js';
import { median } from './support/median.js';

const rounds = 5;
const runsAtOnce = 50;
const softMs = 200;
const limitMs = 50;
const lags: number[] = [];

class Slow {
  async run(_payload: unknown, { signal }: RunContext): Promise<void> {
    const startedAt = performance.now();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    lags.push(performance.now() - startedAt - softMs);
  }
}
// As decorators would do it; benchmarks are loaded without them.
Task({ code: 'slow' })(Slow);
TimeLimit({ soft: `${softMs}ms` })(Slow);

const silent = (): void => undefined;
const logger = { error: silent, warn: silent, info: silent, debug: silent };
const { registry } = TaskRegistry.build([{ plugin: 'bench', tasks: [Slow] }]);
const tracker = new MemoryTracker();
const runner = new Runner({
  registry,
  scopes: { root: container.createChildContainer(), extensions: [], disposeTimeoutMs: 1_000 },
  recorder: new RunRecorder(tracker, [], logger),
  tracker,
  logger,
  seams: systemSeams,
  limits: { payloadBytes: 1_024, resultBytes: 1_024 },
  worker: 'bench',
});

const envelope = (id: string) => ({
  v: 1,
  id,
  task: 'slow',
  queue: 'default',
  payload: null,
  attempt: 1,
  dispatchedAt: Date.now(),
  triggeredBy: 'bench',
});

for (let round = 0; round < rounds; round += 1) {
  const ids = Array.from({ length: runsAtOnce }, (_, at) => `${round}-${at}`);
  await Promise.all(ids.map((id) => runner.perform({ id, raw: envelope(id), crashes: 0 })));
}

const result = { medianMs: median(lags), worstMs: Math.max(...lags), limitMs };
const table = new Table({ head: ['soft limit to abort', 'measured', 'to reach'] });
table.push(
  ['median', `${result.medianMs.toFixed(1)} ms`, ''],
  ['worst', `${result.worstMs.toFixed(1)} ms`, `under ${limitMs} ms`],
);
console.log(table.toString());
console.log(JSON.stringify({ bench: 'limits', rounds, runsAtOnce, softMs, ...result }));
if (result.worstMs >= limitMs) process.exitCode = 1;
