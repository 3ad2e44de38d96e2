// The runner over a stand-in for threads: who decides what, and what a thread is told.
import { setImmediate as turn } from 'node:timers/promises';
import { SkepError } from '../../src/core/errors/skep-error.js';
import type { Interruption } from '../../src/core/ports/broker.js';
import type {
  IsolatedEnd,
  IsolatedInterruption,
  IsolatedRun,
  Isolation,
} from '../../src/core/ports/isolation.js';
import { Retry, Task, TimeLimit } from '../../src/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

const nothing = { opened: 0, closed: 0, killed: 0, leaked: 0 };

/** Threads in which nothing runs: the test says how a run ends, and sees what it was told. */
function fakeThreads(gone = true) {
  const told: (IsolatedInterruption['kind'] | 'kill' | 'terminate')[] = [];
  let end: (end: IsolatedEnd) => void = () => undefined;
  let began: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  let interrupted: () => void = () => undefined;
  const firstTold = new Promise<void>((resolve) => {
    interrupted = resolve;
  });
  const run: IsolatedRun = {
    ended: new Promise((resolve) => {
      end = resolve;
    }),
    interrupt: ({ kind }) => {
      told.push(kind);
      interrupted();
    },
    kill: async () => void told.push('kill'),
    terminate: async () => {
      told.push('terminate');
      return { gone, ledger: { ...nothing, opened: 1, killed: 1 } };
    },
  };
  const isolation: Isolation = {
    async start() {
      began();
      return run;
    },
    close: async () => undefined,
  };
  return { isolation, told, begun, firstTold, end: (how: IsolatedEnd) => end(how) };
}

@Task({ code: 'limited' })
@TimeLimit({ soft: '20ms', hard: '60ms' })
@Retry({ maxRetries: 1, delay: '1s', jitter: 'none' })
class Limited {
  run(): void {
    throw new Error('it ran on the main thread');
  }
}

@Task({ code: 'endless', isolate: true })
@Retry({ maxRetries: 1 })
class Endless extends Limited {}

const tasks = [Limited, Endless];

test('what the thread decided stands, with its ledger', async () => {
  const { isolation, end } = fakeThreads();
  const { perform } = createHarness({ tasks, isolation });
  const settlement = perform(envelopeOf('endless'));
  end({
    kind: 'decided',
    decided: { kind: 'final', state: 'success', result: 7 },
    ledger: { ...nothing, opened: 2, closed: 2 },
  });
  expect(await settlement).toMatchObject({
    state: 'success',
    report: { result: 7, ledger: { opened: 2, closed: 2 } },
  });
});

test('a thread that dies fails the attempt by policy', async () => {
  const { isolation, end } = fakeThreads();
  const { perform } = createHarness({ tasks, isolation });
  const error = new SkepError('SKEP_THREAD_DIED', 'it exited');
  end({ kind: 'died', error, ledger: nothing });
  expect(await perform(envelopeOf('endless'))).toMatchObject({
    kind: 'retry',
    report: { error: { code: 'SKEP_THREAD_DIED' } },
  });
});

test('limits count from the begin; at the soft one the thread is told, at the hard one it is ended', async () => {
  const { isolation, told } = fakeThreads();
  const { perform } = createHarness({ tasks, isolation });
  expect(await perform(envelopeOf('limited'))).toMatchObject({
    kind: 'retry',
    report: { error: { code: 'SKEP_HARD_TIME_LIMIT' }, ledger: { opened: 1, killed: 1 } },
  });
  expect(told).toEqual(['soft-limit', 'terminate']);
});

test('a thread that cannot be ended is never followed by another attempt', async () => {
  const { isolation } = fakeThreads(false);
  const { perform } = createHarness({ tasks, isolation });
  expect(await perform(envelopeOf('limited'))).toMatchObject({ kind: 'final', state: 'timed_out' });
});

test('time spent on waiting for a thread is not the attempt\u2019s', async () => {
  const { isolation } = fakeThreads();
  let free: () => void = () => undefined;
  const waits: Isolation = {
    ...isolation,
    async start(...parameters) {
      await new Promise<void>((resolve) => {
        free = resolve;
      });
      return isolation.start(...parameters);
    },
  };
  const { perform, lines } = createHarness({ tasks, isolation: waits });
  const settlement = perform(envelopeOf('limited'));
  // Longer than both limits.
  await new Promise((resolve) => setTimeout(resolve, 90));
  expect(lines.map(({ message }) => message)).toEqual(['run started']);
  free();
  expect(await settlement).toMatchObject({ kind: 'retry' });
});

test('a run that cannot begin fails by policy; one that is stopped before is handed back', async () => {
  const refuses: Isolation = {
    start: () => Promise.reject(new SkepError('SKEP_THREAD_DIED', 'no memory')),
    close: async () => undefined,
  };
  const refused = createHarness({ tasks, isolation: refuses });
  expect(await refused.perform(envelopeOf('endless'))).toMatchObject({ kind: 'retry' });
  const waits: Isolation = {
    start: (_attempt, _onProgress, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      ),
    close: async () => undefined,
  };
  const stopped = createHarness({ tasks, isolation: waits });
  const settlement = stopped.perform(envelopeOf('endless'));
  await turn();
  stopped.runner.stop();
  expect(await settlement).toEqual({ kind: 'return' });
});

test('the thread is told of every interruption, and what was cancelled stays cancelled', async () => {
  const { isolation, told, begun, firstTold, end } = fakeThreads();
  const { runner } = createHarness({ tasks, isolation });
  let interrupt: (why: Interruption) => void = () => undefined;
  const settlement = runner.perform({
    id: 'e-1',
    raw: envelopeOf('limited'),
    crashes: 0,
    onInterrupt: (listener) => {
      interrupt = listener;
    },
  });
  await begun;
  // Goes on before the next timer, also when a process that stood still finds both limits over.
  await firstTold;
  interrupt('cancelled');
  // The hard limit comes, and changes nothing of why it ended.
  expect(await settlement).toMatchObject({ kind: 'final', state: 'cancelled' });
  expect(told).toEqual(['soft-limit', 'cancelled', 'terminate']);
  end({ kind: 'died', error: new SkepError('SKEP_THREAD_DIED', 'late'), ledger: nothing });
});
