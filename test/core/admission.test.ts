import type { Admission } from '../../src/core/ports/broker.js';
import type { FlowLimits } from '../../src/core/tasks/flow-options.js';
import { Retry, type RunContext, Task, TimeLimit } from '../../src/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

let runs = 0;
let during: () => void = () => undefined;

@Task({ code: 'limited', concurrency: 2, rateLimit: '5/1s' })
@Retry({ maxRetries: 1, on: [RangeError], jitter: 'none' })
@TimeLimit({ soft: '50ms' })
class Limited {
  async run(how: string | undefined, context: RunContext): Promise<unknown> {
    runs++;
    during();
    if (how === 'throw') throw new TypeError('no');
    if (how === 'retry') throw new RangeError('again');
    if (how === 'cyclic') {
      const cycle: unknown[] = [];
      return cycle.push(cycle) && cycle;
    }
    if (how === 'wait') {
      await new Promise((_, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      });
    }
    return how;
  }
}

@Task({ code: 'free' })
class Free {
  run(): void {
    runs++;
  }
}

/** A delivery of a broker with places: what was asked of it and given back, in order. */
function delivery(task: string, how?: string, answer?: () => Promise<Admission>) {
  const events: string[] = [];
  const asked: FlowLimits[] = [];
  const place: Admission = {
    admitted: true,
    release: async () => void events.push('released'),
  };
  const admit = (limits: FlowLimits): Promise<Admission> => {
    events.push('asked');
    asked.push(limits);
    return answer?.() ?? Promise.resolve(place);
  };
  during = () => events.push('ran');
  return { events, asked, id: 'e-1', raw: envelopeOf(task, how ?? null), crashes: 0, admit };
}

beforeEach(() => {
  runs = 0;
});

const harness = () => createHarness({ tasks: [Limited, Free], seams: { now: () => 5_000 } });

test('a task with limits asks for a place with exactly these', async () => {
  const it = delivery('limited');
  await harness().runner.perform(it);
  expect(it.asked).toEqual([
    { task: 'limited', concurrency: 2, rate: { count: 5, windowMs: 1_000 } },
  ]);
});

test('a task without limits asks for nothing', async () => {
  const it = delivery('free');
  expect(await harness().runner.perform(it)).toMatchObject({ state: 'success' });
  expect(it.events).toEqual([]);
});

test('without a broker, as in `skep run`, there is nobody to ask', async () => {
  const { admit: _, ...it } = delivery('limited');
  expect(await harness().runner.perform(it)).toMatchObject({ state: 'success' });
});

test.each([
  ['success', 'fine', { state: 'success' }],
  ['a throw', 'throw', { state: 'failed' }],
  ['a retry', 'retry', { kind: 'retry' }],
  ['a time limit', 'wait', { state: 'timed_out' }],
  ['a result that is no JSON', 'cyclic', { state: 'failed' }],
])('the place is given back once after %s', async (_, how, settlement) => {
  const it = delivery('limited', how);
  expect(await harness().runner.perform(it)).toMatchObject(settlement);
  expect(it.events).toEqual(['asked', 'ran', 'released']);
});

test('the place is given back when the runtime stops the run', async () => {
  const { runner } = harness();
  const it = delivery('limited', 'wait');
  const begun = new Promise<void>((resolve) => {
    during = resolve;
  });
  const settled = runner.perform(it);
  await begun;
  runner.stop();
  expect(await settled).toEqual({ kind: 'return' });
  expect(it.events).toEqual(['asked', 'released']);
});

test('the place is given back when even recording throws', async () => {
  const { runner } = createHarness({
    tasks: [Limited],
    observers: [
      {
        started() {
          throw new Error('observer');
        },
      },
    ],
  });
  const it = delivery('limited');
  expect(await runner.perform(it)).toMatchObject({ state: 'success' });
  expect(it.events).toEqual(['asked', 'ran', 'released']);
});

test('without a place the delivery is postponed, and nothing was begun or told', async () => {
  const { runner, lines } = harness();
  const full = delivery('limited', 'fine', async () => ({ admitted: false, availableAt: 7_000 }));
  expect(await runner.perform(full)).toEqual({ kind: 'postpone', availableAt: 7_000 });
  expect({ runs, lines, running: runner.running }).toEqual({ runs: 0, lines: [], running: [] });
});

test('what is refused takes no place', async () => {
  const it = { ...delivery('limited'), cancelled: true };
  expect(await harness().runner.perform(it)).toMatchObject({ state: 'cancelled' });
  expect(it.events).toEqual([]);
});

test('limits that cannot be asked are kept: the delivery comes again', async () => {
  const { runner, lines } = harness();
  const it = delivery('limited', 'fine', () => Promise.reject(new Error('store is gone')));
  expect(await runner.perform(it)).toEqual({ kind: 'postpone', availableAt: 6_000 });
  expect(runs).toBe(0);
  expect(lines).toMatchObject([
    {
      level: 'warn',
      message: 'the limits of the task could not be asked, trying again',
      fields: { executionId: 'e-1', task: 'limited' },
    },
  ]);
});

test('when it comes again is a time of the clock of the queue', async () => {
  const it = delivery('limited', 'fine', () => Promise.reject(new Error('store is gone')));
  const postponed = await harness().runner.perform({ ...it, now: () => 100_000 });
  expect(postponed).toEqual({ kind: 'postpone', availableAt: 101_000 });
});

test('a runtime that stops meanwhile gives place and delivery back', async () => {
  const { runner } = harness();
  const events: string[] = [];
  const it = delivery('limited', 'fine', async () => {
    runner.stop();
    return { admitted: true, release: async () => void events.push('released') };
  });
  expect(await runner.perform(it)).toEqual({ kind: 'return' });
  expect({ runs, events }).toEqual({ runs: 0, events: ['released'] });
});

test('a delivery that is an object of a class is asked as one', async () => {
  class Held {
    readonly id = 'e-1';
    readonly raw = envelopeOf('limited');
    readonly crashes = 0;
    readonly #place: Admission = { admitted: true, release: async () => undefined };
    async admit(): Promise<Admission> {
      return this.#place;
    }
  }
  expect(await harness().runner.perform(new Held())).toMatchObject({ state: 'success' });
});
