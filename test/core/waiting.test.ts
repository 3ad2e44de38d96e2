// Waiting for another execution: refused inside a run of the same queue, and never longer than was asked for.
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import type { WaitForFinal } from '../../src/core/executions/final-wait.js';
import { waitWithin } from '../../src/core/executions/wait.js';
import { injectionToken } from '../../src/core/tasks/inject.js';
import {
  type Dispatched,
  Dispatcher,
  inject,
  Retry,
  type RunContext,
  Task,
  type TaskClass,
} from '../../src/index.js';
import {
  createHarness,
  envelopeOf,
  fixedSeams,
  registryOf,
  rememberingLogger,
} from '../support/harness.js';
import { InThread } from '../support/in-thread.js';

const view = (id: string) =>
  ({
    id,
    task: 'child',
    queue: 'default',
    state: 'success',
    attempt: 1,
    result: 'of the child',
  }) as unknown as Awaited<ReturnType<WaitForFinal>>;

@Task({ code: 'child' })
class Child {
  run(): void {}
}

@Task({ code: 'urgent_child', priority: 'high' })
class UrgentChild {
  run(): void {}
}

@Task({ code: 'only_child', unique: true })
class OnlyChild {
  run(): void {}
}

@Task({ code: 'other_child', queue: 'other' })
class OtherChild {
  run(): void {}
}

@Task({ code: 'waits' })
@Retry({ maxRetries: 3 })
class Waits {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}
  async run(code: string): Promise<unknown> {
    const child = await this.dispatcher.dispatch(code);
    return (await child.wait()).result;
  }
}

@Task({ code: 'waits_elsewhere', queue: 'other' })
class WaitsElsewhere {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}
  async run(code: string): Promise<unknown> {
    const child = await this.dispatcher.dispatch(code);
    return (await child.wait()).result;
  }
}

@Task({ code: 'calls' })
class Calls {
  async run(code: string, context: RunContext): Promise<unknown> {
    return context.call(WaitsElsewhere, code);
  }
}

const tasks = [Child, UrgentChild, OnlyChild, OtherChild, Waits, WaitsElsewhere, Calls];

/**
 * @param holder id of the execution that holds every unique key.
 * @param waitForFinal how waits end; at once by default.
 */
function world(holder?: string, waitForFinal?: WaitForFinal, more: readonly TaskClass[] = []) {
  const all = [...tasks, ...more];
  const harness = createHarness({ tasks: all });
  const { logger } = rememberingLogger();
  const waited: string[] = [];
  const dispatcher = new BrokerDispatcher({
    registry: registryOf(...all),
    broker: {
      now: async () => Date.now(),
      enqueue: async (entries) =>
        entries.map(({ envelope }) => (envelope.unique && holder) || envelope.id),
    },
    waitForFinal: async (id, signal) => {
      waited.push(id);
      return waitForFinal?.(id, signal) ?? view(id);
    },
    tracker: harness.tracker,
    logger,
    seams: fixedSeams(),
    payloadLimitBytes: 1_000,
  });
  harness.root.registerInstance(injectionToken<Dispatcher>(Dispatcher), dispatcher);
  return { ...harness, dispatcher, waited };
}

const refused = {
  kind: 'final',
  state: 'failed',
  report: { error: { code: 'SKEP_WAIT_SAME_QUEUE' } },
};

describe('inside a run', () => {
  test.each(['child', 'urgent_child', 'only_child'])(
    'waiting for %s, of the same queue in whatever lane, is refused and not retried',
    async (child) => {
      const { perform, waited } = world('e-1');
      const settlement = await perform(envelopeOf('waits', child));
      expect(settlement).toMatchObject(refused);
      expect(JSON.stringify(settlement)).toContain(
        `a run of waits waits for an execution of ${child}, and both are of the queue \\"default\\"`,
      );
      expect(waited).toEqual([]);
    },
  );

  test('the run may be in a lane, too', async () => {
    const { perform } = world();
    const urgent = envelopeOf('waits', 'child', { queue: 'default:high' });
    expect(await perform(urgent)).toMatchObject(refused);
  });

  test('waiting for an execution of another queue gives its result', async () => {
    const { perform, waited } = world();
    expect(await perform(envelopeOf('waits', 'other_child'))).toMatchObject({
      state: 'success',
      report: { result: 'of the child' },
    });
    expect(waited).toHaveLength(1);
  });

  test('a called task waits with the slot of its caller', async () => {
    const { perform } = world();
    expect(await perform(envelopeOf('calls', 'child'))).toMatchObject(refused);
    expect(await perform(envelopeOf('calls', 'other_child'))).toMatchObject({ state: 'success' });
  });

  test.each([
    ['child', { kind: 'final', state: 'failed', error: { code: 'SKEP_WAIT_SAME_QUEUE' } }],
    ['other_child', { kind: 'final', state: 'success' }],
  ])('in a thread, waiting for %s', async (child, decided) => {
    using thread = await InThread.open(tasks, world().root);
    // In a lane of its queue, too.
    for (const [index, queue] of ['default', 'default:high'].entries()) {
      const envelope = envelopeOf('waits', child, { queue });
      expect(await thread.perform(index + 1, envelope)).toMatchObject({ decided });
    }
  });
});

test('outside of runs nothing is refused', async () => {
  const { dispatcher } = world();
  const child = await dispatcher.dispatch(Child);
  expect(await child.wait()).toMatchObject({ result: 'of the child' });
});

describe('a timeout', () => {
  /** Waits for ever, and says why it gave up. */
  const forever: WaitForFinal = (_id, signal) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });

  test('ends the wait with a code of its own, and nothing else', async () => {
    await expect(waitWithin(forever, 'e-1', { timeout: '20ms' })).rejects.toMatchObject({
      code: 'SKEP_WAIT_TIMEOUT',
      message: 'e-1 had not ended within 20 ms',
    });
  });

  test('a signal beside it ends the wait with its own reason', async () => {
    const stop = new AbortController();
    const why = new Error('enough');
    const waiting = waitWithin(forever, 'e-1', { timeout: '30d', signal: stop.signal });
    stop.abort(why);
    await expect(waiting).rejects.toBe(why);
  });

  test('what ends in time is given', async () => {
    const { jest } = import.meta;
    jest.useFakeTimers();
    try {
      const soon: WaitForFinal = async (id) => view(id);
      expect(await waitWithin(soon, 'e-1', { timeout: '1h' })).toMatchObject({ id: 'e-1' });
      // Otherwise a process that has nothing left to do would live for another hour.
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('one that is longer than a timer can be set for does not end the wait at once', async () => {
    const timers = import.meta.jest.spyOn(globalThis, 'setTimeout');
    try {
      await waitWithin(async (id) => view(id), 'e-1', { timeout: '30d' });
      // Node makes 1 ms of what is longer.
      const [, delayMs] = timers.mock.calls[0] ?? [];
      expect(delayMs).toBeGreaterThan(20 * 86_400_000);
      expect(delayMs).toBeLessThan(2 ** 31);
    } finally {
      timers.mockRestore();
    }
  });

  test('one that is no duration is refused', async () => {
    const waiting = waitWithin(forever, 'e-1', { timeout: 'soon' as never });
    await expect(waiting).rejects.toMatchObject({ code: 'SKEP_DISPATCH_INVALID' });
  });
});

describe('a wait that nobody awaited', () => {
  /** Waits that last until they are ended, and the reasons with which they were. */
  function lasting() {
    const ended: unknown[] = [];
    const wait: WaitForFinal = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          ended.push(signal.reason);
          reject(signal.reason);
        });
      });
    return { ended, wait };
  }

  /** A task whose run does this with the child that it has dispatched. */
  function leaving(code: (child: Dispatched, context: RunContext) => unknown) {
    @Task({ code: 'leaves' })
    @Retry({ maxRetries: 3 })
    class Leaves {
      constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}
      async run(_: unknown, context: RunContext): Promise<unknown> {
        return code(await this.dispatcher.dispatch('other_child'), context);
      }
    }
    return Leaves as TaskClass;
  }
  const notAwaited = (message: unknown) => ({
    kind: 'final',
    state: 'failed',
    report: { error: { code: 'SKEP_WORK_NOT_AWAITED', message } },
  });

  test('fails the attempt for good, with the task and the line, and ends', async () => {
    const { ended, wait } = lasting();
    const mine = new AbortController();
    const leaves = leaving((child) => {
      void child.wait();
      void child.wait({ timeout: '1h', signal: mine.signal });
      return { checked: true };
    });
    const { perform } = world(undefined, wait, [leaves]);
    const settlement = await perform(envelopeOf('leaves'));
    const place = String.raw`a wait for an execution of other_child, begun at test/core/waiting\.test\.ts:\d+:\d+`;
    const message = expect.stringMatching(
      new RegExp(`^run\\(\\) of leaves ended .*: ${place}; ${place}$`),
    );
    expect(settlement).toMatchObject(notAwaited(message));
    expect(ended).toHaveLength(2);
    for (const reason of ended) expect(reason).toMatchObject({ code: 'SKEP_WORK_NOT_AWAITED' });
  });

  test('in a called task fails that call', async () => {
    const leaves = leaving((child) => void child.wait());
    @Task({ code: 'calls_leaves' })
    class CallsLeaves {
      run(_: unknown, { call }: RunContext): Promise<unknown> {
        return call(leaves);
      }
    }
    const { perform } = world(undefined, lasting().wait, [leaves, CallsLeaves as TaskClass]);
    expect(await perform(envelopeOf('calls_leaves'))).toMatchObject(
      notAwaited(expect.stringContaining('run() of leaves ended')),
    );
  });

  test('nor may one begin after run has returned, behind a dispatch that is waited for', async () => {
    const { wait } = lasting();
    @Task({ code: 'late' })
    class Late {
      constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}
      run(): void {
        const waiting = this.dispatcher.dispatch('other_child').then((child) => child.wait());
        // Here are no listeners of the process for rejections that nobody handles.
        waiting.catch(() => undefined);
      }
    }
    const { perform, waited } = world(undefined, wait, [Late as TaskClass]);
    expect(await perform(envelopeOf('late'))).toMatchObject(
      notAwaited(expect.stringContaining('still asked for a wait for an execution of other_child')),
    );
    expect(waited).toEqual([]);
  });

  test('that has ended before run returns does no harm, nor does one outside of runs', async () => {
    const leaves = leaving(async (child) => {
      const waiting = child.wait();
      await waiting;
      return 'fine';
    });
    const { perform, dispatcher } = world(undefined, undefined, [leaves]);
    expect(await perform(envelopeOf('leaves'))).toMatchObject({
      state: 'success',
      report: { result: 'fine' },
    });
    const child = await dispatcher.dispatch('child');
    expect(await child.wait()).toMatchObject({ state: 'success' });
  });
});
