// What the runner records of tracked executions, and what it does when the record says otherwise or cannot be reached.
import { currentRunFields, withRunFields } from '../../src/core/log/run-fields.js';
import type { Beginning, Recorded, TrackedAttempt, Tracker } from '../../src/core/ports/tracker.js';
import { firstFence } from '../../src/core/run/fence.js';
import { type RunContext, Task, Tracked } from '../../src/index.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

const report = {
  attempt: 1,
  worker: 'w',
  startedAt: 0,
  finishedAt: 1,
  result: 'recorded',
  ledger: { opened: 0, closed: 0, killed: 0, leaked: 0 },
};
const tracked = { tracked: true } as const;
/** Tries once, and waits for nothing. */
const impatient = { beginPatienceMs: 0, endPatienceMs: 20 };
/** Tries until it is recorded, however long the machine stands still meanwhile. */
const patient = { beginPatienceMs: Number.POSITIVE_INFINITY };

let runs = 0;
beforeEach(() => {
  runs = 0;
});

@Task({ code: 'tracked' })
@Tracked()
class TrackedTask {
  run(_: unknown, context: RunContext): string {
    runs += 1;
    context.progress(0.5, 'half way');
    return 'ok';
  }
}

/** A tracker that fails so many times with each kind of call, and remembers what it was told in the end. */
class Failing extends MemoryTracker {
  constructor(
    private beginnings: number,
    private ends: number,
  ) {
    super();
  }

  override begin(attempt: TrackedAttempt): Promise<Beginning> {
    this.beginnings -= 1;
    return this.beginnings >= 0 ? Promise.reject(new Error('away')) : super.begin(attempt);
  }

  override final(...call: Parameters<Tracker['final']>): Promise<Recorded> {
    this.ends -= 1;
    return this.ends >= 0 ? Promise.reject(new Error('away')) : super.final(...call);
  }
}

describe('a tracked run', () => {
  test('is recorded from start to end', async () => {
    const tracker = new MemoryTracker();
    const { perform } = createHarness({ tasks: [TrackedTask], tracker });
    await perform(envelopeOf('tracked', null, tracked));
    expect(tracker.find('e-1')).toMatchObject({
      state: 'success',
      attempt: 1,
      fraction: 0.5,
      message: 'half way',
      report: { result: 'ok' },
    });
  });

  test('of an execution without a record leaves none', async () => {
    const tracker = new MemoryTracker();
    const { perform } = createHarness({ tasks: [TrackedTask], tracker });
    expect(await perform(envelopeOf('tracked'))).toMatchObject({ state: 'success' });
    expect(tracker.find('e-1')).toBeUndefined();
  });

  test('tells no progress after its end', async () => {
    let tell: () => void = () => undefined;
    @Task({ code: 'late' })
    class Late {
      run(_: unknown, context: RunContext): void {
        tell = () => context.progress(0.9);
      }
    }
    const told: number[] = [];
    const observers = [{ progress: (_run: unknown, fraction: number) => void told.push(fraction) }];
    const { perform } = createHarness({ tasks: [Late], observers });
    await perform(envelopeOf('late', null, tracked));
    tell();
    expect(told).toEqual([]);
  });

  test('is observed in its own context, whoever tells of its progress', () => {
    const seen: unknown[] = [];
    const observers = [{ progress: () => void seen.push(currentRunFields()?.task) }];
    const { recorder } = createHarness({ tasks: [TrackedTask], observers });
    const fields = (task: string) => ({
      executionId: task,
      task,
      attempt: 1,
      worker: 'w',
      jobId: task,
    });
    const run = { fields: fields('mine'), tracked: false, fence: 1 };
    withRunFields(fields('another'), () => recorder.progress(run, 0.5, undefined));
    expect(seen).toEqual(['mine']);
  });

  test('keeps the line that its task makes of the result', async () => {
    @Task({ code: 'summed' })
    @Tracked({ summarize: (result: { rows: number }) => `${result.rows} rows` })
    class Summed {
      run() {
        return { rows: 3 };
      }
    }
    const tracker = new MemoryTracker();
    const { perform } = createHarness({ tasks: [Summed], tracker });
    await perform(envelopeOf('summed', null, tracked));
    expect(tracker.find('e-1')).toMatchObject({ report: { summary: '3 rows' } });
  });

  test('succeeds when the line cannot be made', async () => {
    @Task({ code: 'summed' })
    @Tracked({
      summarize: () => {
        throw new Error('no words');
      },
    })
    class Summed {
      run(): string {
        return 'done';
      }
    }
    const { perform, lines } = createHarness({ tasks: [Summed] });
    expect(await perform(envelopeOf('summed', null, tracked))).toMatchObject({ state: 'success' });
    expect(lines.map(({ message }) => message)).toContain('summarize of @Tracked threw');
  });
});

describe('a record that says otherwise', () => {
  const recorded = async (attempt: number, fence: number): Promise<MemoryTracker> => {
    const tracker = new MemoryTracker();
    const run = { executionId: 'e-1', task: 'tracked', worker: 'w', attempt, fence };
    await tracker.begin(run);
    return tracker;
  };

  test('an execution that has ended does not run again, and is settled as it ended', async () => {
    const tracker = await recorded(1, firstFence(1) + 1);
    const run = { executionId: 'e-1', task: 'tracked', worker: 'w', attempt: 1 };
    await tracker.final({ ...run, fence: firstFence(1) + 1 }, 'success', report);
    const { perform } = createHarness({ tasks: [TrackedTask], tracker });
    expect(await perform(envelopeOf('tracked', null, tracked), 1)).toEqual({
      kind: 'final',
      state: 'success',
      report,
    });
    expect(runs).toBe(0);
  });

  test('an attempt with a later one on record does not run', async () => {
    const tracker = await recorded(3, firstFence(3) + 1);
    const { perform } = createHarness({ tasks: [TrackedTask], tracker });
    expect(await perform(envelopeOf('tracked', null, tracked))).toMatchObject({ kind: 'postpone' });
    expect(runs).toBe(0);
  });

  test('an attempt that was handed back runs again under the same number', async () => {
    const tracker = await recorded(1, firstFence(2) - 1);
    const { perform } = createHarness({ tasks: [TrackedTask], tracker });
    expect(await perform(envelopeOf('tracked', null, tracked))).toMatchObject({ state: 'success' });
  });

  test('a run that was recorded as ended meanwhile is settled as the record says', async () => {
    class Completed extends MemoryTracker {
      override async final(): Promise<Recorded> {
        return { kind: 'final', state: 'success', report };
      }
    }
    @Task({ code: 'fails' })
    class Fails {
      run(): never {
        throw new Error('after context.complete');
      }
    }
    const { perform } = createHarness({ tasks: [Fails], tracker: new Completed() });
    expect(await perform(envelopeOf('fails', null, tracked))).toEqual({
      kind: 'final',
      state: 'success',
      report,
    });
  });

  test('what an older attempt says late is refused', async () => {
    const tracker = await recorded(2, firstFence(2) + 7);
    const older = { executionId: 'e-1', task: 'tracked', worker: 'w', attempt: 1 };
    const late = await tracker.final({ ...older, fence: firstFence(1) + 9 }, 'failed', report);
    expect(late).toEqual({ kind: 'superseded' });
    expect(tracker.find('e-1')?.state).toBe('running');
  });

  test('that an older attempt was refused is logged, and it is settled as it came', async () => {
    class Passed extends MemoryTracker {
      override async final(): Promise<Recorded> {
        return { kind: 'superseded' };
      }
    }
    const { perform, lines } = createHarness({ tasks: [TrackedTask], tracker: new Passed() });
    expect(await perform(envelopeOf('tracked', null, tracked))).toMatchObject({ state: 'success' });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'a later attempt is recorded; the end of this one is refused',
        fields: expect.objectContaining({ executionId: 'e-1', attempt: 1 }),
      }),
    );
  });
});

describe('a record that is out of reach', () => {
  test('for a moment: the run waits for it', async () => {
    const tracker = new Failing(2, 2);
    const { perform, lines } = createHarness({ tasks: [TrackedTask], tracker, patience: patient });
    expect(await perform(envelopeOf('tracked', null, tracked))).toMatchObject({ state: 'success' });
    expect(tracker.find('e-1')).toMatchObject({ state: 'success' });
    const tries = lines.filter(({ message }) => message.endsWith('trying again'));
    expect(tries).toHaveLength(4);
  });

  test('at its beginning for longer: it is put off by the clock of the queue, for it may have run already', async () => {
    const { runner } = createHarness({
      tasks: [TrackedTask],
      tracker: new Failing(Number.POSITIVE_INFINITY, 0),
      patience: impatient,
    });
    const raw = envelopeOf('tracked', null, tracked);
    const postponed = await runner.perform({ id: 'e-1', raw, crashes: 0, now: () => 100_000 });
    expect(postponed).toEqual({ kind: 'postpone', availableAt: 105_000 });
    expect(runs).toBe(0);
  });

  test('at its end for longer: it is settled as the task did, and recorded later', async () => {
    const tracker = new Failing(0, 2);
    const { perform, recorder } = createHarness({
      tasks: [TrackedTask],
      tracker,
      patience: impatient,
    });
    expect(await perform(envelopeOf('tracked', null, tracked))).toMatchObject({
      kind: 'final',
      state: 'success',
      report: { result: 'ok' },
    });
    expect(tracker.find('e-1')?.state).toBe('running');
    // Longer than a test may take: it is to end because the end was recorded.
    await recorder.close(600_000);
    expect(tracker.find('e-1')?.state).toBe('success');
  });

  test('an observer that throws is logged', async () => {
    const observers = [
      {
        started: () => {
          throw new Error('no terminal');
        },
      },
    ];
    const { perform, lines } = createHarness({ tasks: [TrackedTask], observers });
    expect(await perform(envelopeOf('tracked', null, tracked))).toMatchObject({ state: 'success' });
    expect(lines.map(({ message }) => message)).toContain('an observer threw');
  });
});

describe('context.complete', () => {
  const transaction = { query: async () => [] };

  test('needs a record', async () => {
    @Task({ code: 'completes' })
    class Completes {
      run(_: unknown, context: RunContext): Promise<void> {
        return context.complete(transaction);
      }
    }
    const { perform } = createHarness({ tasks: [Completes] });
    expect(await perform(envelopeOf('completes'))).toMatchObject({
      state: 'failed',
      report: { error: { code: 'SKEP_NOT_TRACKING' } },
    });
  });

  test.each([
    [undefined, /^Add @Tracked\(\) to completes\.$/],
    [true, /^It was dispatched before completes had @Tracked\(\): dispatch it again\.$/],
  ])('says what to do where an execution is not tracked', async (isDeclared, remedy) => {
    class Completes {
      run(_: unknown, context: RunContext): Promise<unknown> {
        return context.complete(transaction).catch((error) => [error.code, error.remedy]);
      }
    }
    Task({ code: 'completes' })(Completes);
    if (isDeclared) Tracked()(Completes);
    const { perform } = createHarness({ tasks: [Completes] });
    expect(await perform(envelopeOf('completes'))).toMatchObject({
      state: 'success',
      report: { result: ['SKEP_NOT_TRACKING', expect.stringMatching(remedy)] },
    });
  });

  test('is for the task that was dispatched, not for one that it calls', async () => {
    @Task({ code: 'inner' })
    class Inner {
      run(_: unknown, context: RunContext): Promise<void> {
        return context.complete(transaction);
      }
    }
    @Task({ code: 'outer' })
    class Outer {
      run(_: unknown, context: RunContext): Promise<void> {
        return context.call(Inner);
      }
    }
    const { perform } = createHarness({ tasks: [Outer, Inner] });
    expect(await perform(envelopeOf('outer', null, tracked))).toMatchObject({
      report: { error: { code: 'SKEP_COMPLETE_IN_CALL' } },
    });
  });

  test('hands the run, its transaction and its result to the record', async () => {
    const told: unknown[] = [];
    class Listening extends MemoryTracker {
      override async complete(...call: unknown[]): Promise<void> {
        told.push(...call);
      }
    }
    @Task({ code: 'completes' })
    @Tracked({ summarize: ({ rows }: { rows: number }) => `${rows} rows` })
    class Completes {
      run(_: unknown, context: RunContext): Promise<void> {
        return context.complete(transaction, { rows: 2 });
      }
    }
    const { perform } = createHarness({ tasks: [Completes], tracker: new Listening() });
    await perform(envelopeOf('completes', null, tracked));
    expect(told).toEqual([
      expect.objectContaining({ executionId: 'e-1', attempt: 1 }),
      transaction,
      expect.objectContaining({ result: { rows: 2 }, summary: '2 rows', attempt: 1 }),
    ]);
  });
});
