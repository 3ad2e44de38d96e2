// Nothing of a task's code starts once its delivery was cancelled or lost, or the runtime stops: whatever the run was
// waiting for when that happened, on the main thread and in a thread of its own.
import type { Admission, Interruption } from '../../src/core/ports/broker.js';
import type { Isolation } from '../../src/core/ports/isolation.js';
import type { RunObserver } from '../../src/core/ports/observer.js';
import type { Beginning, TrackedAttempt } from '../../src/core/ports/tracker.js';
import { Task, Tracked } from '../../src/index.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';
import { InThread } from '../support/in-thread.js';

type Why = Interruption | 'stopping';

/** A step at which a run waits until the test lets it go on. */
class Gate {
  readonly reached: Promise<void>;
  readonly #opened: Promise<void>;
  #reach: () => void = () => undefined;
  open: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  async pass(): Promise<void> {
    this.#reach();
    await this.#opened;
  }
}

let codeStarted: string[] = [];
let checkPayload: () => Promise<void> = async () => undefined;
beforeEach(() => {
  codeStarted = [];
  checkPayload = async () => undefined;
});

/** A Standard Schema whose check the test can hold. */
const held = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value: unknown) => {
      await checkPayload();
      return { value };
    },
  },
} as const;

abstract class Recording {
  constructor() {
    codeStarted.push('constructor');
  }
  run(): string {
    codeStarted.push('run');
    return 'done';
  }
}

@Task({ code: 'inline', payload: held, concurrency: 1 })
@Tracked()
class Inline extends Recording {}

@Task({ code: 'isolated', payload: held, concurrency: 1, isolate: true })
@Tracked()
class Isolated extends Recording {}

const moments = ['the payload check', 'admission', 'the record of the beginning'] as const;
type Moment = (typeof moments)[number];

/** A run that waits at the given moment. `isolation` performs the code of the isolated task as a thread would. */
function waitingAt(moment: Moment, task: 'inline' | 'isolated', observer: RunObserver = {}) {
  const gate = new Gate();
  const at = async (reached: Moment): Promise<void> => {
    if (reached === moment) await gate.pass();
  };
  const tracker = new (class extends MemoryTracker {
    begun = 0;
    override async begin(attempt: TrackedAttempt): Promise<Beginning> {
      this.begun += 1;
      const beginning = await super.begin(attempt);
      await at('the record of the beginning');
      return beginning;
    }
  })();
  const isolation: Isolation = {
    async start(_attempt, _onProgress, signal) {
      signal.throwIfAborted();
      codeStarted.push('thread');
      return {
        ended: Promise.resolve({
          kind: 'decided',
          decided: { kind: 'final', state: 'success', result: 'done' },
          ledger: { opened: 0, closed: 0, killed: 0, leaked: 0 },
        }),
        interrupt: () => undefined,
        kill: async () => undefined,
        terminate: () => Promise.reject(new Error('nothing was to be ended by force')),
      };
    },
    close: async () => undefined,
  };
  const harness = createHarness({
    tasks: [Inline, Isolated],
    tracker,
    isolation,
    observers: [observer],
  });
  let released = 0;
  let interrupt: (why: Interruption) => void = () => undefined;
  checkPayload = () => at('the payload check');
  const settlement = harness.runner.perform({
    id: 'e-1',
    raw: envelopeOf(task, 'x', { tracked: true }),
    crashes: 0,
    admit: async (): Promise<Admission> => {
      await at('admission');
      return { admitted: true, release: async () => void released++ };
    },
    onInterrupt: (listener) => {
      interrupt = listener;
    },
  });
  return {
    ...harness,
    tracker,
    gate,
    settlement,
    released: () => released,
    interrupt(why: Why) {
      if (why === 'stopping') harness.runner.stop();
      else interrupt(why);
    },
  };
}

const expected = {
  cancelled: { kind: 'final', state: 'cancelled', report: { error: { code: 'SKEP_CANCELLED' } } },
  lost: { kind: 'return' },
  stopping: { kind: 'return' },
} as const;

const cases = (['inline', 'isolated'] as const).flatMap((task) =>
  (['lost', 'cancelled', 'stopping'] as const).flatMap((why) =>
    moments.map((moment) => [task, why, moment] as const),
  ),
);

test.each(cases)('%s: %s during %s starts no code', async (task, why, moment) => {
  const run = waitingAt(moment, task);
  await run.gate.reached;
  run.interrupt(why);
  run.gate.open();
  expect(await run.settlement).toMatchObject(expected[why]);
  expect(codeStarted).toEqual([]);
  // A run that is known not to begin is not put on record as begun, however shortly.
  expect(run.tracker.begun).toBe(moment === 'the record of the beginning' ? 1 : 0);
  expect(run.released()).toBe(moment === 'the payload check' ? 0 : 1);
  expect(run.lines.map(({ message }) => message)).not.toContain('run started');
});

test.each(
  (['inline', 'isolated'] as const).flatMap((task) =>
    (['lost', 'cancelled', 'stopping'] as const).map((why) => [task, why] as const),
  ),
)('%s: %s while an observer hears that it starts, starts no code', async (task, why) => {
  let interrupt: () => void = () => undefined;
  // The last moment: from here to the code nothing waits.
  const run = waitingAt('admission', task, { started: () => interrupt() });
  interrupt = () => run.interrupt(why);
  run.gate.open();
  expect(await run.settlement).toMatchObject(expected[why]);
  expect(codeStarted).toEqual([]);
});

test.each([
  ['cancelled', { state: 'cancelled' }],
  ['lost', { state: 'queued' }],
  ['stopping', { state: 'queued' }],
] as const)(
  '%s after the beginning was recorded: the record says how it went on',
  async (why, record) => {
    const run = waitingAt('the record of the beginning', 'inline');
    await run.gate.reached;
    expect(run.tracker.find('e-1')).toMatchObject({ state: 'running' });
    run.interrupt(why);
    run.gate.open();
    await run.settlement;
    expect(run.tracker.find('e-1')).toMatchObject(record);
  },
);

test.each(['inline', 'isolated'] as const)(
  '%s: the same run goes on when nothing happens',
  async (task) => {
    const run = waitingAt('admission', task);
    run.gate.open();
    expect(await run.settlement).toMatchObject({ state: 'success', report: { result: 'done' } });
    expect(codeStarted).toEqual(task === 'inline' ? ['constructor', 'run'] : ['thread']);
  },
);

test.each([
  ['cancelled', 'final'],
  ['lost', 'return'],
  ['stopping', 'return'],
] as const)(
  'in a thread: %s that has arrived unread when the code is to start starts none of it',
  async (kind, outcome) => {
    const { root } = createHarness({ tasks: [Inline] });
    using thread = await InThread.open([Inline], root);
    thread.tell({ kind: 'interrupt', run: 1, why: { kind } });
    const envelope = envelopeOf('inline', 'x');
    expect(await thread.perform(1, envelope)).toMatchObject({ decided: { kind: outcome } });
    expect(codeStarted).toEqual([]);
    expect(await thread.perform(2, envelope)).toMatchObject({ decided: { state: 'success' } });
  },
);
