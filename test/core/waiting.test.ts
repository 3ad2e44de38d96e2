// Waiting for another execution: refused inside a run of the same queue, and never longer than was asked for.
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import type { WaitForFinal } from '../../src/core/executions/final-wait.js';
import { waitWithin } from '../../src/core/executions/wait.js';
import { injectionToken } from '../../src/core/tasks/inject.js';
import { Dispatcher, inject, Retry, type RunContext, Task } from '../../src/index.js';
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

/** @param holder id of the execution that holds every unique key. */
function world(holder?: string) {
  const harness = createHarness({ tasks });
  const { logger } = rememberingLogger();
  const waited: string[] = [];
  const dispatcher = new BrokerDispatcher({
    registry: registryOf(...tasks),
    broker: {
      now: async () => Date.now(),
      enqueue: async (entries) =>
        entries.map(({ envelope }) => (envelope.unique && holder) || envelope.id),
    },
    waitForFinal: async (id) => {
      waited.push(id);
      return view(id);
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
    const soon: WaitForFinal = async (id) => view(id);
    expect(await waitWithin(soon, 'e-1', { timeout: '1h' })).toMatchObject({ id: 'e-1' });
  });

  test('one that is no duration is refused', async () => {
    const waiting = waitWithin(forever, 'e-1', { timeout: 'soon' as never });
    await expect(waiting).rejects.toMatchObject({ code: 'SKEP_DISPATCH_INVALID' });
  });
});
