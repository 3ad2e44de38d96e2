// What `skep dispatch` says where no worker consumes the queue.
import { EventEmitter, once } from 'node:events';
import { keepTellingIdleQueue, tellIdleQueue } from '../../src/cli/idle-queue.js';
import type { WorkerStatus } from '../../src/core/ports/control.js';

const worker = (state: WorkerStatus['state'], ...names: string[]): WorkerStatus => ({
  id: 'w',
  host: 'h',
  pid: 1,
  version: '0.1.0',
  startedAt: 0,
  beatAt: 0,
  state,
  queues: names.map((name) => ({ name, concurrency: 1 })),
  slots: 1,
  running: [],
  finished: 0,
  eventLoopLagMs: 0,
  memoryBytes: 0,
});

test.each([
  ['no worker at all', [], true],
  ['workers of other queues', [worker('running', 'mail')], true],
  ['a worker that takes nothing more', [worker('draining', 'default')], true],
  ['a worker that consumes it', [worker('running', 'mail', 'default')], false],
])('%s', async (_, workers, isTold) => {
  const lines: string[] = [];
  const broker = { workers: async () => workers };
  await tellIdleQueue({ broker, queue: 'default', tell: (line) => lines.push(line) });
  const line = 'no worker consumes the queue "default": start one with `skep start`';
  expect(lines).toEqual(isTold ? [line] : []);
});

test('is said again while somebody waits, also after a look that failed, and then no more', async () => {
  const told = new EventEmitter();
  const end = new AbortController();
  let looks = 0;
  const broker = {
    workers: async (): Promise<WorkerStatus[]> => {
      looks += 1;
      if (looks === 1) throw new Error('the queue is away');
      return [];
    },
  };
  const tell = (line: string): void => void told.emit('line', line);
  keepTellingIdleQueue({ broker, queue: 'default', tell, everyMs: 1 }, end.signal);
  await once(told, 'line');
  await once(told, 'line');
  end.abort();
  const looksAtTheEnd = looks;
  // Another one with the same interval begins later: a first one that went on would ask before each of its questions.
  const other = new AbortController();
  const others = { workers: async (): Promise<WorkerStatus[]> => [] };
  const tellOther = (line: string): void => void told.emit('other', line);
  keepTellingIdleQueue(
    { broker: others, queue: 'default', tell: tellOther, everyMs: 1 },
    other.signal,
  );
  for (let lines = 0; lines < 5; lines += 1) await once(told, 'other');
  other.abort();
  expect(looks).toBe(looksAtTheEnd);
});
