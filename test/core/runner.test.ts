import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { ScopeExtension } from '../../src/core/run/scope.js';
import {
  inject,
  type JsonValue,
  type Payload,
  Retry,
  RunContext,
  SoftTimeLimitExceeded,
  Task,
  TimeLimit,
  Tracked,
} from '../../src/index.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

/** Remembers what happens to scopes, so that a test can see that they were disposed. */
function watchedScopes() {
  const events: string[] = [];
  const extension: ScopeExtension = {
    open(scope) {
      scope.onDispose('source', 'external', () => void events.push('disposed'));
      return {
        kill: async () => void events.push('killed'),
        ledger: () => ({ opened: 1, closed: 1, killed: 0, leaked: 0 }),
      };
    },
  };
  return { events, extension };
}

const Summands = z.object({ a: z.number(), b: z.number().default(2) });

@Task({ code: 'add', payload: Summands })
class Add {
  run({ a, b }: Payload<typeof Summands>): number {
    return a + b;
  }
}

@Task({ code: 'double' })
class Double {
  constructor(@inject(RunContext) private readonly context: RunContext) {}

  async run(value: number): Promise<JsonValue> {
    await turn();
    return { doubled: value * 2, attempt: this.context.attempt };
  }
}

describe('runner', () => {
  test('a sync task gets the output of its schema and its result is recorded', async () => {
    const { perform } = createHarness({ tasks: [Add] });
    const settlement = await perform(envelopeOf('add', { a: 1 }));
    expect(settlement).toMatchObject({ kind: 'final', state: 'success', report: { result: 3 } });
  });

  test('an async task works, and its context can be injected', async () => {
    const { perform } = createHarness({ tasks: [Double] });
    const settlement = await perform(envelopeOf('double', 4), 2);
    expect(settlement).toMatchObject({
      report: { attempt: 3, result: { doubled: 8, attempt: 3 } },
    });
  });

  test('a throw, sync or async, disposes the scope and fails; the next run is clean', async () => {
    @Task({ code: 'throws' })
    class Throws {
      run(how: string): Promise<void> {
        if (how === 'sync') throw new TypeError('at once');
        return Promise.reject(new RangeError('later'));
      }
    }
    const { events, extension } = watchedScopes();
    const { perform } = createHarness({ tasks: [Throws, Add], extensions: [extension] });
    const sync = await perform(envelopeOf('throws', 'sync'));
    expect(sync).toMatchObject({ state: 'failed', report: { error: { code: 'TypeError' } } });
    const later = await perform(envelopeOf('throws', 'async'));
    expect(later).toMatchObject({ state: 'failed', report: { error: { message: 'later' } } });
    expect(await perform(envelopeOf('add', { a: 1 }))).toMatchObject({ state: 'success' });
    expect(events).toEqual(['disposed', 'disposed', 'disposed']);
  });

  test('what is thrown may be anything', async () => {
    @Task({ code: 'odd' })
    class Odd {
      run(): never {
        throw undefined;
      }
    }
    const { perform } = createHarness({ tasks: [Odd] });
    expect(await perform(envelopeOf('odd'))).toMatchObject({
      state: 'failed',
      report: { error: { message: 'thrown: undefined' } },
    });
  });

  test('a factory that asks for what nobody registered fails by name, and is not retried', async () => {
    @Task({ code: 'made' })
    @Retry({ maxRetries: 3 })
    class Made {
      constructor(@inject('service') readonly service: object) {}
      run(): void {}
    }
    const { perform, root } = createHarness({ tasks: [Made] });
    root.register('service', { useFactory: (services) => services.resolve('config') });
    expect(await perform(envelopeOf('made'))).toMatchObject({
      kind: 'final',
      state: 'failed',
      report: {
        error: {
          code: 'SKEP_INJECTION_INVALID',
          message:
            'made cannot be made: the factory of constructor parameter 1 of Made asks for "config", and nothing is registered under it',
        },
      },
    });
  });

  test('a constructor that throws is an outcome too', async () => {
    @Task({ code: 'unborn' })
    class Unborn {
      constructor() {
        throw new Error('not today');
      }
      run(): void {}
    }
    const { events, extension } = watchedScopes();
    const { perform } = createHarness({ tasks: [Unborn], extensions: [extension] });
    expect(await perform(envelopeOf('unborn'))).toMatchObject({ state: 'failed' });
    expect(events).toEqual(['disposed']);
  });

  test.each([
    ['a record that is no envelope', 'garbage', 'quarantined', 'SKEP_ENVELOPE_INVALID'],
    [
      'an envelope of a newer version',
      { ...envelopeOf('add'), v: 2 },
      'quarantined',
      'SKEP_ENVELOPE_NEWER',
    ],
    ['an unknown task', envelopeOf('ad'), 'quarantined', 'SKEP_TASK_UNKNOWN'],
    [
      'a payload that does not fit',
      envelopeOf('add', { a: 'x' }),
      'failed',
      'SKEP_PAYLOAD_INVALID',
    ],
  ])('%s is settled with its reason', async (_, raw, state, code) => {
    const { perform } = createHarness({ tasks: [Add] });
    expect(await perform(raw)).toMatchObject({ kind: 'final', state, report: { error: { code } } });
  });

  test('past maxCrashes an execution is quarantined without another try', async () => {
    let runs = 0;
    @Task({ code: 'poison', maxCrashes: 2 })
    class Poison {
      run(): void {
        runs++;
      }
    }
    const { perform } = createHarness({ tasks: [Poison] });
    await perform(envelopeOf('poison'), 2);
    expect(runs).toBe(1);
    expect(await perform(envelopeOf('poison'), 3)).toMatchObject({
      state: 'quarantined',
      report: { error: { code: 'SKEP_CRASHED_TOO_OFTEN' } },
    });
    expect(runs).toBe(1);
  });

  test('a retry raises the attempt and waits what the policy says', async () => {
    @Task({ code: 'flaky' })
    @Retry({ maxRetries: 2, delay: '10s', jitter: 'none' })
    class Flaky {
      run(): void {
        throw new Error('again');
      }
    }
    const { perform } = createHarness({ tasks: [Flaky], seams: { now: () => 1_000 } });
    expect(await perform(envelopeOf('flaky', null, { attempt: 2 }))).toMatchObject({
      kind: 'retry',
      availableAt: 21_000,
      envelope: { attempt: 3 },
    });
    expect(await perform(envelopeOf('flaky', null, { attempt: 3 }))).toMatchObject({
      kind: 'final',
      state: 'failed',
    });
  });

  test('a retry predicate that throws fails the task and not the runtime', async () => {
    @Task({ code: 'picky' })
    @Retry({
      maxRetries: 2,
      on: [
        () => {
          throw new Error('predicate');
        },
      ],
    })
    class Picky {
      run(): void {
        throw new Error('work');
      }
    }
    const { perform, lines } = createHarness({ tasks: [Picky] });
    expect(await perform(envelopeOf('picky'))).toMatchObject({
      state: 'failed',
      report: { error: { message: 'work' } },
    });
    expect(lines.map(({ message }) => message)).toContain('the retry policy of the task threw');
  });

  test.each([
    [
      'cyclic',
      () => {
        const a: Record<string, unknown> = {};
        a.a = a;
        return a;
      },
      'SKEP_RESULT_INVALID',
    ],
    ['a BigInt', () => 1n, 'SKEP_RESULT_INVALID'],
    ['a function', () => () => 1, 'SKEP_RESULT_INVALID'],
    ['a Map, which JSON makes {}', () => ({ seen: new Map([[1, 2]]) }), 'SKEP_RESULT_INVALID'],
    ['NaN, which JSON makes null', () => ({ share: 0 / 0 }), 'SKEP_RESULT_INVALID'],
    ['a Date, which JSON makes a text', () => [new Date(0)], 'SKEP_RESULT_INVALID'],
    ['too large', () => 'x'.repeat(200), 'SKEP_RESULT_TOO_LARGE'],
  ])('a result that is %s fails with its code and is not retried', async (_, make, code) => {
    @Task({ code: 'result' })
    @Retry({ maxRetries: 5 })
    class Result {
      run(): unknown {
        return make();
      }
    }
    const { perform } = createHarness({ tasks: [Result], resultBytes: 100 });
    expect(await perform(envelopeOf('result'))).toMatchObject({
      kind: 'final',
      state: 'failed',
      report: { error: { code } },
    });
  });

  test('a disposer that throws changes no outcome and is logged with the run', async () => {
    @Task({ code: 'untidy' })
    class Untidy {
      run(_: unknown, context: RunContext): string {
        context.onDispose('temp file', () => {
          throw new Error('busy');
        });
        return 'done';
      }
      dispose(): Promise<void> {
        return Promise.reject(new Error('task disposer'));
      }
    }
    const { perform, lines } = createHarness({ tasks: [Untidy] });
    expect(await perform(envelopeOf('untidy'))).toMatchObject({ state: 'success' });
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      'disposing temp file failed',
      'disposing untidy.dispose() failed',
    ]);
    expect(warnings[0]?.fields).toMatchObject({ executionId: 'e-1', task: 'untidy', attempt: 1 });
  });

  test('every line of a run carries execution, task, attempt and worker', async () => {
    @Task({ code: 'chatty' })
    class Chatty {
      run(_: unknown, { logger }: RunContext): void {
        logger.info('hello');
      }
    }
    const { perform, lines } = createHarness({ tasks: [Chatty] });
    await perform(envelopeOf('chatty'));
    expect(lines.map(({ message }) => message)).toEqual([
      'run started',
      'hello',
      'run ended: success',
    ]);
    for (const { fields } of lines) {
      expect(fields).toMatchObject({
        executionId: 'e-1',
        jobId: 'e-1',
        task: 'chatty',
        attempt: 1,
        worker: 'worker-1',
      });
    }
    expect(lines.at(-1)?.fields).toMatchObject({
      state: 'success',
      durationMs: expect.any(Number),
      maxRetries: 0,
    });
  });
});

describe('limits', () => {
  test('the soft limit aborts the signal', async () => {
    @Task({ code: 'slow' })
    @TimeLimit({ soft: '40ms' })
    class Slow {
      async run(_: unknown, { signal, deadline }: RunContext): Promise<void> {
        expect(deadline).toBeInstanceOf(Date);
        expect(signal.aborted).toBe(false);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        throw signal.reason;
      }
    }
    const { perform } = createHarness({ tasks: [Slow] });
    expect(await perform(envelopeOf('slow'))).toMatchObject({
      state: 'timed_out',
      report: { error: { code: 'SKEP_SOFT_TIME_LIMIT' } },
    });
  });

  test('a task that does not end at the soft limit has its server-side work killed, which ends it', async () => {
    let killed: () => void = () => undefined;
    const query = new Promise<never>((_resolve, reject) => {
      killed = () => reject(new Error('query was killed'));
    });
    @Task({ code: 'querying' })
    @TimeLimit({ soft: '10ms' })
    class Querying {
      run(): Promise<never> {
        return query;
      }
    }
    const extension: ScopeExtension = {
      open: () => ({
        kill: async () => killed(),
        ledger: () => ({ opened: 1, closed: 1, killed: 1, leaked: 0 }),
      }),
    };
    const { perform } = createHarness({ tasks: [Querying], extensions: [extension] });
    expect(await perform(envelopeOf('querying'))).toMatchObject({
      state: 'timed_out',
      report: { ledger: { killed: 1 } },
    });
  });

  test('the reason is a SoftTimeLimitExceeded, which @Retry can name', async () => {
    @Task({ code: 'again' })
    @TimeLimit({ soft: '10ms' })
    @Retry({ maxRetries: 1, on: [SoftTimeLimitExceeded] })
    class Again {
      run(_: unknown, { signal }: RunContext): Promise<void> {
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('a library of its own words'))),
        );
      }
    }
    const { perform } = createHarness({ tasks: [Again] });
    expect(await perform(envelopeOf('again'))).toMatchObject({ kind: 'retry' });
  });

  test('without threads the hard limit ends the attempt, kills its server-side work, and says that code may still run', async () => {
    @Task({ code: 'stuck' })
    @TimeLimit({ hard: '30ms' })
    @Retry({ maxRetries: 5 })
    class Stuck {
      run(): Promise<never> {
        return new Promise(() => undefined);
      }
    }
    const { events, extension } = watchedScopes();
    const { perform, lines } = createHarness({ tasks: [Stuck], extensions: [extension] });
    expect(await perform(envelopeOf('stuck'))).toMatchObject({ kind: 'final', state: 'timed_out' });
    expect(events).toEqual(['killed', 'disposed']);
    expect(lines.some(({ message }) => message.includes('may still run'))).toBe(true);
  });

  test('a stop aborts the run; one that ends by it is handed back', async () => {
    let started: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    @Task({ code: 'serving' })
    class Serving {
      async run(_: unknown, { signal }: RunContext): Promise<void> {
        started();
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
      }
    }
    const { perform, runner } = createHarness({ tasks: [Serving] });
    const settlement = perform(envelopeOf('serving'));
    await running;
    runner.stop();
    expect(await settlement).toEqual({ kind: 'return' });
  });

  test('a stop that comes while the payload is still checked starts nothing', async () => {
    let checked: () => void = () => undefined;
    let ran = false;
    @Task({
      code: 'checked',
      payload: z.unknown().refine(
        () =>
          new Promise<boolean>((resolve) => {
            checked = () => resolve(true);
          }),
      ),
    })
    class Checked {
      run(): void {
        ran = true;
      }
    }
    const { perform, runner } = createHarness({ tasks: [Checked] });
    const settlement = perform(envelopeOf('checked', 'x'));
    await turn();
    runner.stop();
    checked();
    expect(await settlement).toEqual({ kind: 'return' });
    expect(ran).toBe(false);
  });

  test('a run that reaches its soft limit while it is being stopped is handed back', async () => {
    let started: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    @Task({ code: 'late' })
    @TimeLimit({ soft: '300ms' })
    @Tracked()
    class Late {
      async run(): Promise<void> {
        started();
        await new Promise(() => undefined);
      }
    }
    const tracker = new MemoryTracker();
    const { perform, runner } = createHarness({ tasks: [Late], tracker });
    const settlement = perform(envelopeOf('late', null, { tracked: true }));
    await running;
    runner.stop();
    expect(await settlement).toEqual({ kind: 'return' });
    expect(tracker.find('e-1')).toMatchObject({ state: 'queued' });
  });

  test('limits end with the code: a slow disposal is not aborted by them', async () => {
    let signal: AbortSignal | undefined;
    @Task({ code: 'tidy' })
    @TimeLimit({ soft: '30ms' })
    class Tidy {
      run(_: unknown, context: RunContext): void {
        signal = context.signal;
      }
      dispose(): Promise<void> {
        return new Promise((resolve) => setTimeout(resolve, 60));
      }
    }
    const { perform } = createHarness({ tasks: [Tidy] });
    expect(await perform(envelopeOf('tidy'))).toMatchObject({ state: 'success' });
    expect(signal?.aborted).toBe(false);
  });
});

describe('calls from inside a run', () => {
  @Task({ code: 'outer' })
  class Outer {
    async run(_: unknown, context: RunContext): Promise<number> {
      const sum = await context.call(Add, { a: 40, b: 2 });
      return sum;
    }
  }

  test('a called task has a scope of its own, disposed before the run goes on', async () => {
    const { events, extension } = watchedScopes();
    const { perform } = createHarness({ tasks: [Outer, Add], extensions: [extension] });
    expect(await perform(envelopeOf('outer'))).toMatchObject({
      state: 'success',
      report: { result: 42, ledger: { opened: 2, closed: 2 } },
    });
    expect(events).toEqual(['disposed', 'disposed']);
  });

  test('a called task sees the deadline of the run, not limits of its own', async () => {
    @Task({ code: 'inner' })
    @TimeLimit({ soft: '1s' })
    class Inner {
      run(_: unknown, { deadline }: RunContext): string | undefined {
        return deadline?.toISOString();
      }
    }
    @Task({ code: 'bounded' })
    @TimeLimit({ soft: '1m' })
    class Bounded {
      async run(_: unknown, context: RunContext): Promise<boolean> {
        return (await context.call(Inner)) === context.deadline?.toISOString();
      }
    }
    const { perform } = createHarness({ tasks: [Bounded, Inner] });
    expect(await perform(envelopeOf('bounded'))).toMatchObject({ report: { result: true } });
  });

  test('its error is thrown in the caller, its payload is checked', async () => {
    @Task({ code: 'careless' })
    class Careless {
      async run(_: unknown, context: RunContext): Promise<void> {
        await context.call(Add, { a: 'one' } as never);
      }
    }
    const { perform } = createHarness({ tasks: [Careless, Add] });
    expect(await perform(envelopeOf('careless'))).toMatchObject({
      state: 'failed',
      report: { error: { code: 'SKEP_PAYLOAD_INVALID' } },
    });
  });

  test('a call after the run has ended is refused', async () => {
    let late: Promise<unknown> = Promise.resolve();
    @Task({ code: 'leaky' })
    class Leaky {
      run(_: unknown, context: RunContext): void {
        late = turn()
          .then(() => turn())
          .then(() => context.call(Add, { a: 1, b: 1 }));
        late.catch(() => undefined);
      }
    }
    const { perform } = createHarness({ tasks: [Leaky, Add] });
    await perform(envelopeOf('leaky'));
    await expect(late).rejects.toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
  });
});

test('a retry passes on the fields of the envelope that this version does not know', async () => {
  @Task({ code: 'passes_on' })
  @Retry({ maxRetries: 1 })
  class PassesOn {
    run(): void {
      throw new Error('again');
    }
  }
  const { perform } = createHarness({ tasks: [PassesOn] });
  const raw = { ...envelopeOf('passes_on'), headers: { trace: 'x' } };
  expect(await perform(raw)).toMatchObject({
    ...{ kind: 'retry', envelope: { ...raw, attempt: 2 } },
  });
});

test('a retry is delayed by the clock of the queue, and reported by that of the worker', async () => {
  @Task({ code: 'far_off' })
  @Retry({ maxRetries: 1, delay: '10s', jitter: 'none' })
  class FarOff {
    run(): void {
      throw new Error('again');
    }
  }
  const { runner, lines } = createHarness({ tasks: [FarOff], seams: { now: () => 90_000 } });
  const raw = envelopeOf('far_off');
  const settled = await runner.perform({ id: 'e-1', raw, crashes: 0, now: () => 1_000 });
  expect(settled).toMatchObject({
    ...{ kind: 'retry', availableAt: 11_000 },
    report: { startedAt: 90_000, finishedAt: 90_000 },
  });
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'run ended: retrying',
      fields: expect.objectContaining({ retryInMs: 10_000 }),
    }),
  );
});

test('context.retry waits what it was told', async () => {
  @Task({ code: 'asks' })
  @Retry({ maxRetries: 1 })
  class Asks {
    run(delay: string, context: RunContext): void {
      context.retry({ delay: delay as '1s', reason: 'later' });
    }
  }
  const { perform } = createHarness({ tasks: [Asks], seams: { now: () => 1_000 } });
  expect(await perform(envelopeOf('asks', '3s'))).toMatchObject({
    kind: 'retry',
    availableAt: 4_000,
  });
  for (const delay of ['soon', '100000000d']) {
    expect(await perform(envelopeOf('asks', delay, { attempt: 2 }))).toMatchObject({
      state: 'failed',
      report: { error: { code: 'SKEP_TASK_INVALID' } },
    });
  }
});

test('no backoff puts a retry off beyond ten years', async () => {
  @Task({ code: 'never' })
  @Retry({ maxRetries: 1, delay: '1s', backoff: () => '100000000d', maxDelay: '24d' })
  class Never {
    run(): void {
      throw new Error('again');
    }
  }
  const { perform } = createHarness({ tasks: [Never], seams: { now: () => 0 } });
  const settled = await perform(envelopeOf('never'));
  expect(settled).toMatchObject({ kind: 'retry' });
  expect(settled.kind === 'retry' && settled.availableAt).toBeLessThanOrEqual(3_650 * 86_400_000);
});

test('a delivery with the id of an execution of another task is quarantined, and the record stays', async () => {
  @Task({ code: 'own' })
  @Tracked()
  class Own {
    run(): void {}
  }
  @Task({ code: 'other' })
  class Other {
    run(): string {
      return 'forged';
    }
  }
  const tracker = new MemoryTracker();
  await tracker.pending([{ envelope: envelopeOf('own', null, { tracked: true }), availableAt: 0 }]);
  const { perform } = createHarness({ tasks: [Own, Other], tracker });
  expect(await perform(envelopeOf('other', null, { tracked: true, attempt: 50 }))).toMatchObject({
    kind: 'final',
    state: 'quarantined',
    report: { error: { code: 'SKEP_ENVELOPE_INVALID' } },
  });
  expect(tracker.find('e-1')).toMatchObject({ task: 'own', state: 'pending', attempt: 0 });
});

describe('progress', () => {
  @Task({ code: 'tells' })
  class Tells {
    run(fractions: number[], { progress }: RunContext): void {
      for (const fraction of fractions) progress(fraction);
    }
  }
  const told: number[] = [];
  const observers = [{ progress: (_run: unknown, fraction: number) => void told.push(fraction) }];
  const { perform } = createHarness({ tasks: [Tells], observers });
  beforeEach(() => {
    told.length = 0;
  });

  test('takes fractions from 0 to 1, and sums of them that were rounded', async () => {
    const tenths = Array(10).fill(0.1);
    const sums = [
      0,
      0.5,
      1.1 - 0.1,
      0.3 - 0.1 - 0.2,
      ...tenths.map((_, n) => (n + 1) * 0.1),
      1 + 2e-16,
    ];
    expect(await perform(envelopeOf('tells', sums))).toMatchObject({ state: 'success' });
    expect(told).toHaveLength(sums.length);
    expect(Math.max(...told)).toBe(1);
    expect(Math.min(...told)).toBe(0);
  });

  test.each([[50], [-1], [1.01], [null], ['half'], ['0.5'], [true], [[]]])(
    'refuses %s',
    async (fraction) => {
      // As JSON, NaN is null; the context sees what the code computes of it.
      const payload = [fraction === null ? Number.NaN : fraction] as number[];
      @Task({ code: 'tells_wrong' })
      class TellsWrong {
        run(_: unknown, { progress }: RunContext): void {
          progress(payload[0] as number);
        }
      }
      const { perform: performWrong } = createHarness({ tasks: [TellsWrong], observers });
      expect(await performWrong(envelopeOf('tells_wrong'))).toMatchObject({
        state: 'failed',
        report: {
          error: {
            code: 'SKEP_PROGRESS_INVALID',
            message: `context.progress(${String(payload[0])}): the first argument is a fraction from 0 to 1`,
          },
        },
      });
      expect(told).toEqual([]);
    },
  );
});

test('every member of the context may be taken out of it', async () => {
  const closed: string[] = [];
  @Task({ code: 'takes_apart' })
  @Retry({ maxRetries: 3, delay: '1s', jitter: 'none' })
  @TimeLimit({ soft: '1m' })
  class TakesApart {
    async run(_: unknown, context: RunContext): Promise<void> {
      const { executionId, task, attempt, maxRetries, signal, deadline, logger } = context;
      const { scheduledFor, triggeredBy, progress, retry, complete, onDispose, call } = context;
      const { id } = { id: `${executionId} ${task} ${attempt}/${maxRetries} ${triggeredBy}` };
      logger.info(id, { signal: signal.aborted, deadline, scheduledFor });
      progress(0.5, 'half');
      onDispose('file', () => void closed.push('file'));
      const sum = await call(Add, { a: 1, b: 2 });
      const error = await complete({ query: async () => [] }).catch(({ code }) => code);
      retry({ reason: `${sum} ${error}` });
    }
  }
  const { perform, lines } = createHarness({ tasks: [TakesApart, Add] });
  const settlement = await perform(envelopeOf('takes_apart', null, { scheduledFor: 5 }));
  expect(settlement).toMatchObject({
    kind: 'retry',
    report: { error: { message: '3 SKEP_NOT_TRACKING' } },
  });
  expect(closed).toEqual(['file']);
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'e-1 takes_apart 1/3 test',
      fields: expect.objectContaining({ signal: false, scheduledFor: new Date(5) }),
    }),
  );
});
