// Work of a run that nobody awaited: calls, dispatches and the record; those of data sources are in test/datasources.
import { setImmediate as turn } from 'node:timers/promises';
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import { asWorkOfRun } from '../../src/core/log/run-fields.js';
import {
  isLoggedRefusal,
  noteHandledRejection,
  noteStrayRejection,
} from '../../src/core/run/run-work.js';
import {
  type Dispatcher,
  type JsonValue,
  perProcess,
  Retry,
  type RunContext,
  SkepError,
  Task,
  type TaskClass,
  TimeLimit,
} from '../../src/index.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import {
  createHarness,
  envelopeOf,
  fixedSeams,
  registryOf,
  rememberingLogger,
} from '../support/harness.js';

/** A promise that a test settles when it likes. */
function held<T = void>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((take, refuse) => {
    resolve = take;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

let waiting = held();
beforeEach(() => {
  waiting = held();
});

/** The task that others call: it ends when the test lets it. */
@Task({ code: 'waits' })
class Waits {
  async run(): Promise<string> {
    await waiting.promise;
    return 'waited';
  }
}

/** Performs `code` as the code of a task that would be retried for every error. */
function perform(code: (context: RunContext) => unknown, others: readonly TaskClass[] = []) {
  @Task({ code: 'careless' })
  @Retry({ maxRetries: 5, delay: '1s', jitter: 'none' })
  class Careless {
    run(_: unknown, context: RunContext): unknown {
      return code(context);
    }
  }
  const harness = createHarness({ tasks: [Careless as TaskClass, Waits, ...others] });
  return { ...harness, settled: harness.perform(envelopeOf('careless')) };
}

const failed = (code: string, message?: unknown) => ({
  kind: 'final',
  state: 'failed',
  report: { error: { code, ...(message === undefined ? {} : { message }) } },
});
const success = (result: JsonValue) => ({ kind: 'final', state: 'success', report: { result } });

describe('a call that nobody awaited', () => {
  test('fails the attempt for good, with the called task and the line', async () => {
    const { settled } = perform((context) => {
      void context.call(Waits);
      return { paid: 1 };
    });
    const message = expect.stringMatching(
      /^run\(\) of careless ended .*: a call of waits, begun at test\/core\/not-awaited\.test\.ts:\d+:\d+$/,
    );
    expect(await settled).toMatchObject(failed('SKEP_WORK_NOT_AWAITED', message));
  });

  test('names three of many', async () => {
    const { settled } = perform(({ call }) => {
      for (let n = 0; n < 5; n++) void call(Waits);
      void call(Waits);
      void call(Waits);
      void call(Waits);
    });
    const message = expect.stringMatching(
      /: a call of waits, begun at \S+ \(5 times\)(; a call of waits, begun at \S+){2}; and 1 more$/,
    );
    expect(await settled).toMatchObject(failed('SKEP_WORK_NOT_AWAITED', message));
  });

  test('is rejected with the same error, in what waits for it and in the called task', async () => {
    let call: Promise<unknown> = Promise.resolve();
    let inner: Promise<unknown> = Promise.resolve();
    @Task({ code: 'goes_on' })
    class GoesOn {
      async run(_: unknown, context: RunContext): Promise<void> {
        await waiting.promise;
        inner = context.call(Waits);
        await inner;
      }
    }
    const { settled } = perform(
      (context) => {
        call = context.call(GoesOn);
      },
      [GoesOn],
    );
    await settled;
    waiting.resolve();
    await expect(call).rejects.toMatchObject({ code: 'SKEP_WORK_NOT_AWAITED' });
    await expect(inner).rejects.toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
  });

  test('that has ended before run returns does no harm', async () => {
    waiting.resolve();
    const { settled } = perform(async ({ call }) => {
      void call(Waits);
      for (let n = 0; n < 5; n++) await turn();
      return 'fine';
    });
    expect(await settled).toMatchObject(success('fine'));
  });

  test('of a called task fails that call', async () => {
    @Task({ code: 'inner' })
    class Inner {
      run(_: unknown, context: RunContext): string {
        void context.call(Waits);
        return 'too early';
      }
    }
    const { settled } = perform(({ call }) => call(Inner), [Inner]);
    const message = expect.stringMatching(/^run\(\) of inner .* a call of waits/);
    expect(await settled).toMatchObject(failed('SKEP_WORK_NOT_AWAITED', message));
  });

  test('leaves a run that threw with its own error', async () => {
    const { settled } = perform(async ({ call }) => {
      await Promise.all([call(Waits), Promise.reject(new RangeError('first'))]);
    });
    expect(await settled).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'RangeError' } },
    });
  });
});

describe('an interruption keeps its meaning', () => {
  const forgetful = (context: RunContext): Promise<void> => {
    const aborted = new Promise<void>((resolve) =>
      context.signal.addEventListener('abort', () => resolve()),
    );
    void context.call(Waits);
    return aborted;
  };

  test.each(['cancelled', 'lost'] as const)('%s', async (why) => {
    @Task({ code: 'interrupted' })
    class Interrupted {
      run(_: unknown, context: RunContext): Promise<void> {
        return forgetful(context);
      }
    }
    const { runner } = createHarness({ tasks: [Interrupted, Waits] });
    const settlement = await runner.perform({
      id: 'e-1',
      raw: envelopeOf('interrupted'),
      crashes: 0,
      onInterrupt: (listener) => listener(why),
    });
    const lost = { kind: 'return' };
    expect(settlement).toMatchObject(why === 'lost' ? lost : { kind: 'final', state: 'cancelled' });
  });

  test('timed out, and retried as the policy says', async () => {
    @Task({ code: 'late' })
    @Retry({ maxRetries: 1, delay: '1s', jitter: 'none' })
    @TimeLimit({ soft: '1ms' })
    class Late {
      run(_: unknown, context: RunContext): Promise<void> {
        return forgetful(context);
      }
    }
    const { perform: performLate } = createHarness({ tasks: [Late, Waits] });
    expect(await performLate(envelopeOf('late'))).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'SKEP_SOFT_TIME_LIMIT' } },
    });
  });

  test('stopping hands it back', async () => {
    const { settled, runner } = perform(forgetful);
    await turn();
    runner.stop();
    expect(await settled).toEqual({ kind: 'return' });
  });
});

describe('a dispatch that nobody awaited', () => {
  const refused = new SkepError('SKEP_QUEUE_UNREACHABLE', 'Redis is away');

  test('is waited for before the run is settled', async () => {
    const dispatch = held();
    const { settled } = perform(() => {
      void asWorkOfRun(() => dispatch.promise);
      return 'dispatched';
    });
    let isSettled = false;
    void settled.then(() => {
      isSettled = true;
    });
    for (let n = 0; n < 5; n++) await turn();
    expect(isSettled).toBe(false);
    dispatch.resolve();
    expect(await settled).toMatchObject(success('dispatched'));
  });

  test('so is the dispatch that follows it', async () => {
    const done: number[] = [];
    const dispatches = [held(), held()];
    const { settled } = perform(() => {
      void (async () => {
        for (const [n, dispatch] of dispatches.entries()) {
          await asWorkOfRun(() => dispatch.promise);
          done.push(n);
        }
      })();
    });
    await turn();
    dispatches[0]?.resolve();
    await turn();
    dispatches[1]?.resolve();
    await settled;
    expect(done).toEqual([0, 1]);
  });

  test('fails the attempt with its own error, under the policy of the task', async () => {
    const { settled } = perform(() => {
      void asWorkOfRun(async () => {
        await turn();
        throw refused;
      });
      return 'dispatched';
    });
    expect(await settled).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'SKEP_QUEUE_UNREACHABLE', message: 'Redis is away' } },
    });
  });

  test('of a called task fails that call', async () => {
    @Task({ code: 'inner' })
    class Inner {
      run(): void {
        void asWorkOfRun(async () => {
          await turn();
          throw refused;
        });
      }
    }
    const { settled } = perform(({ call }) => call(Inner), [Inner]);
    expect(await settled).toMatchObject({ report: { error: { code: 'SKEP_QUEUE_UNREACHABLE' } } });
  });

  test('is a warning in the log when the task threw', async () => {
    const { settled, lines } = perform(() => {
      void asWorkOfRun(async () => {
        await turn();
        throw refused;
      });
      throw new RangeError('mine');
    });
    expect(await settled).toMatchObject({ report: { error: { code: 'RangeError' } } });
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'the task threw, and left work behind that nobody awaited',
        fields: expect.objectContaining({ error: refused }),
      }),
    );
  });

  test('does not let other work begin after it', async () => {
    const dispatch = held();
    const { settled } = perform((context) => {
      void (async () => {
        await asWorkOfRun(() => dispatch.promise);
        await context.call(Waits).catch(() => undefined);
      })();
    });
    await turn();
    dispatch.resolve();
    const message =
      'run() of careless had returned when its code still asked for a call of waits, which was refused';
    expect(await settled).toMatchObject(failed('SKEP_WORK_NOT_AWAITED', message));
  });
});

describe('each way to dispatch is work of the run', () => {
  @Task({ code: 'follows' })
  class Follows {
    run(): void {}
  }

  const transaction = { query: async () => [] };
  const ways: readonly [name: string, dispatch: (dispatcher: Dispatcher) => Promise<unknown>][] = [
    ['dispatch', (dispatcher) => dispatcher.dispatch(Follows)],
    ['dispatchAll', (dispatcher) => dispatcher.dispatchAll([{ task: Follows }])],
    ['dispatch in a transaction', (dispatcher) => dispatcher.within(transaction).dispatch(Follows)],
    [
      'dispatchAll in a transaction',
      (dispatcher) => dispatcher.within(transaction).dispatchAll([{ task: Follows }]),
    ],
  ];

  /** A run that calls `dispatch` and awaits nothing; the queue and the record answer as `answer` does. */
  function performUnawaited(
    dispatch: (dispatcher: Dispatcher) => Promise<unknown>,
    answer: () => Promise<void>,
    begin?: (dispatch: () => Promise<unknown>) => unknown,
  ) {
    const tracker = new (class extends MemoryTracker {
      override pendingWithin = answer;
    })();
    const { logger, lines } = rememberingLogger();
    const dispatcher = new BrokerDispatcher({
      registry: registryOf(Follows),
      broker: {
        now: () => 0,
        enqueue: async (entries) => {
          await answer();
          return entries.map(({ envelope }) => envelope.id);
        },
      },
      waitForFinal: () => Promise.reject(new Error('nobody waits')),
      tracker,
      logger,
      seams: fixedSeams(),
      payloadLimitBytes: 1_000,
    });
    const run = (code: () => unknown) => ({ ...perform(code), dispatchLines: lines });
    if (begin) return run(() => begin(() => dispatch(dispatcher)));
    return run(() => {
      void dispatch(dispatcher);
      return 'dispatched';
    });
  }

  test.each(ways)('%s: waited for before the run is settled', async (_, dispatch) => {
    const answer = held();
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const { settled } = performUnawaited(dispatch, () => {
      isAsked();
      return answer.promise;
    });
    let isSettled = false;
    void settled.then(() => {
      isSettled = true;
    });
    await asked;
    for (let n = 0; n < 5; n++) await turn();
    expect(isSettled).toBe(false);
    answer.resolve();
    expect(await settled).toMatchObject(success('dispatched'));
  });

  test.each(ways)('%s: refused once the run has ended, with one warning', async (_, dispatch) => {
    let answered = 0;
    const late: Promise<unknown>[] = [];
    const { settled, dispatchLines } = performUnawaited(
      dispatch,
      async () => {
        answered++;
      },
      (begin) => {
        for (let n = 0; n < 2; n++) late.push(waiting.promise.then(begin));
        return 'ended';
      },
    );
    expect(await settled).toMatchObject(success('ended'));
    waiting.resolve();
    for (const each of late) {
      await expect(each).rejects.toMatchObject({
        code: 'SKEP_SCOPE_CLOSED',
        message: expect.stringMatching(/attempt 1 of careless \(.+\) had ended/),
      });
      // The warning has said it: a rejection with it that nobody handles is no error in the log beside it.
      expect(isLoggedRefusal(await each.catch((error: unknown) => error))).toBe(true);
    }
    expect(isLoggedRefusal(new Error('of something else'))).toBe(false);
    expect(answered).toBe(0);
    expect(dispatchLines).toMatchObject([
      { level: 'warn', message: 'the code of a run dispatched after its end: an await is missing' },
    ]);
  });

  test('a service of the process, made within a run, dispatches after its end', async () => {
    let later: Promise<unknown> | undefined;
    const service = perProcess(() => {
      later = waiting.promise.then(() => asWorkOfRun(async () => 'dispatched'));
      return {};
    });
    const { settled } = perform(() => {
      service();
      return 'ended';
    });
    await settled;
    waiting.resolve();
    expect(await later).toBe('dispatched');
  });

  test('so does one that the container makes for the constructor of a task', async () => {
    let later: Promise<unknown> | undefined;
    @Task({ code: 'makes' })
    class Makes {
      constructor() {
        later = waiting.promise.then(() => asWorkOfRun(async () => 'dispatched'));
      }
      run(): void {}
    }
    await createHarness({ tasks: [Makes] }).perform(envelopeOf('makes'));
    waiting.resolve();
    expect(await later).toBe('dispatched');
  });

  test.each(ways)('%s: its failure fails the attempt', async (_, dispatch) => {
    const { settled } = performUnawaited(dispatch, async () => {
      await turn();
      throw new SkepError('SKEP_QUEUE_UNREACHABLE', 'Redis is away');
    });
    expect(await settled).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'SKEP_QUEUE_UNREACHABLE' } },
    });
  });
});

describe('work that failed while run went on', () => {
  /** As Node tells of a rejection, in a process that listens. */
  const stray = (error: unknown): Promise<unknown> => {
    const promise = Promise.reject(error);
    promise.catch(() => undefined);
    noteStrayRejection(error, promise);
    return promise;
  };
  const boom = new RangeError('boom');
  const failing = (): Promise<never> => asWorkOfRun(() => Promise.reject(boom));

  test('fails the attempt when nobody handled it, whoever wrapped it', async () => {
    const { settled } = perform(async () => {
      await failing().catch((cause) =>
        stray(new Error('wrapped', { cause })).catch(() => undefined),
      );
      return 'all is well';
    });
    expect(await settled).toMatchObject({
      kind: 'retry',
      report: { error: { message: 'wrapped: boom' } },
    });
  });

  test('fails it also when Node reports the rejection only after run has returned', async () => {
    const { settled } = perform(async () => {
      await failing().catch(() => undefined);
      // Node reports once its queue of microtasks is empty, and run returns before that.
      setImmediate(() => stray(boom));
      return 'all is well';
    });
    expect(await settled).toMatchObject({ kind: 'retry', report: { error: { message: 'boom' } } });
  });

  test('is the business of the task when it handled it, also when it did so late', async () => {
    const { settled } = perform(async () => {
      await failing().catch(() => undefined);
      const late = stray(boom);
      noteHandledRejection(late);
      return 'handled';
    });
    expect(await settled).toMatchObject(success('handled'));
  });
});

test('context.complete in a called task says whose execution it is, and what to do', async () => {
  @Task({ code: 'inner' })
  class Inner {
    run(_: unknown, { complete }: RunContext): Promise<void> {
      return complete({ query: async () => [] });
    }
  }
  const { settled } = perform(
    ({ call }) => call(Inner).catch(({ code, message, remedy }) => ({ code, message, remedy })),
    [Inner],
  );
  expect(await settled).toMatchObject(
    success({
      code: 'SKEP_COMPLETE_IN_CALL',
      message:
        'context.complete: inner was called by careless, whose execution it is: it ends when careless does',
      remedy: expect.stringMatching(
        /^Dispatch inner instead .* careless complete its own transaction/,
      ),
    }),
  );
});

describe('context.retry() that the task itself caught', () => {
  const swallows = ({ retry }: RunContext): string => {
    try {
      retry({ delay: '7s', reason: 'not yet' });
    } catch {
      // As a task that goes on with the next item does.
    }
    return 'all done';
  };

  test('is done all the same, with a warning in the log', async () => {
    const { settled, lines } = perform(swallows);
    expect(await settled).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'SKEP_RETRY_REQUESTED', message: 'not yet' } },
    });
    expect(lines.map(({ message }) => message)).toContain(
      'context.retry() was caught by the code of the task; it is retried all the same',
    );
  });

  test('on the last attempt the warning and the error say that no retry is left', async () => {
    @Task({ code: 'last' })
    @Retry({ maxRetries: 1, delay: '1s', jitter: 'none' })
    class Last {
      run(_: unknown, context: RunContext): string {
        return swallows(context);
      }
    }
    const { perform: performLast, lines } = createHarness({ tasks: [Last] });
    expect(await performLast({ ...envelopeOf('last'), attempt: 2 })).toMatchObject(
      failed('SKEP_RETRY_REQUESTED', 'not yet; but no retry is left'),
    );
    expect(lines.map(({ message }) => message)).toContain(
      'context.retry() was caught by the code of the task; no retry is left, so the attempt fails',
    );
  });

  test('without @Retry the warning and the error say so', async () => {
    @Task({ code: 'never_again' })
    class NeverAgain {
      run(_: unknown, context: RunContext): string {
        return swallows(context);
      }
    }
    const { perform: performOnce, lines } = createHarness({ tasks: [NeverAgain] });
    expect(await performOnce(envelopeOf('never_again'))).toMatchObject(
      failed('SKEP_RETRY_REQUESTED', 'not yet; but the task has no @Retry'),
    );
    expect(lines.map(({ message }) => message)).toContain(
      'context.retry() was caught by the code of the task; the task has no @Retry, so the attempt fails',
    );
  });

  test('also when it then threw something that is not retried', async () => {
    @Task({ code: 'wraps' })
    @Retry({ maxRetries: 1, on: [RangeError], delay: '1s', jitter: 'none' })
    class Wraps {
      run(_: unknown, context: RunContext): void {
        try {
          context.retry({ reason: 'not yet' });
        } catch (cause) {
          throw new TypeError('wrapped', { cause });
        }
      }
    }
    const { perform: performWraps } = createHarness({ tasks: [Wraps] });
    expect(await performWraps(envelopeOf('wraps'))).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'SKEP_RETRY_REQUESTED', message: 'not yet' } },
    });
  });

  test('of a called task is thrown by the call, where the caller may decide', async () => {
    @Task({ code: 'inner' })
    class Inner {
      run(_: unknown, context: RunContext): string {
        return swallows(context);
      }
    }
    const { settled } = perform(({ call }) => call(Inner).catch(({ code }) => code), [Inner]);
    expect(await settled).toMatchObject(success('SKEP_RETRY_REQUESTED'));
  });
});
