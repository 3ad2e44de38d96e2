// Dispatcher, worker and runner together, over the real embedded broker.
import { z } from 'zod';
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import { finalWait } from '../../src/core/executions/final-wait.js';
import type { Broker, Settlement } from '../../src/core/ports/broker.js';
import { Worker } from '../../src/core/run/worker.js';
import {
  inject,
  type JsonValue,
  Retry,
  RunContext,
  Task,
  type TaskClass,
  Tracked,
} from '../../src/index.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { createHarness, envelopeOf, fixedSeams, registryOf } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

@Task({ code: 'greet', payload: z.object({ name: z.string() }) })
@Tracked()
class Greet {
  run({ name }: { name: string }): string {
    return `Hello ${name}`;
  }
}

/** A runtime without the parts around it: a broker in a folder of its own, a worker, a dispatcher. */
async function runtime(
  tasks: readonly TaskClass[],
  wrap: (broker: Broker) => Broker = (b) => b,
  unknownTaskTimeoutMs = 600_000,
) {
  const folder = tempFolder();
  const tracker = new MemoryTracker();
  const { runner, lines, root } = createHarness({ tasks, tracker, unknownTaskTimeoutMs });
  const { logger } = { logger: { error() {}, warn() {}, info() {}, debug() {} } };
  const seams = fixedSeams({ newId: () => crypto.randomUUID() });
  const broker = wrap(new EmbeddedBroker({ dataDir: folder.path, logger, seams, worker: 'w' }));
  await broker.open();
  const registry = registryOf(...tasks);
  const dispatcher = new BrokerDispatcher({
    registry,
    broker,
    waitForFinal: finalWait(broker, undefined),
    tracker,
    logger,
    seams,
    payloadLimitBytes: 1_000,
  });
  const worker = new Worker({
    broker,
    runner,
    logger,
    queues: [{ name: 'default', concurrency: 2, weight: 1 }],
    adopt: { concurrency: 1, weight: 1 },
  });
  return {
    broker,
    dispatcher,
    worker,
    tracker,
    lines,
    root,
    async [Symbol.asyncDispose]() {
      await worker.drain(0);
      await broker.close();
      folder[Symbol.dispose]();
    },
  };
}

/** The next timer that is set for so many milliseconds ends when the test says so, however slow the machine is. */
function timerOf(heldMs: number): { readonly end: () => void } {
  const { setTimeout: set } = globalThis;
  const held = { end: (): void => undefined };
  const hold = (act: () => void, ms?: number): NodeJS.Timeout => {
    if (ms !== heldMs) return set(act, ms);
    globalThis.setTimeout = set;
    held.end = act;
    return set(() => undefined);
  };
  globalThis.setTimeout = hold as typeof setTimeout;
  return held;
}

/** JSON of some depth. */
const nested = (depth: number): JsonValue => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

describe('dispatch', () => {
  test('by class and by code; wait gives the result', async () => {
    await using it = await runtime([Greet]);
    await it.worker.start();
    const byClass = await it.dispatcher.dispatch(Greet, { name: 'Ada' });
    const finished = await byClass.wait();
    const greeting: string | undefined = finished.result;
    expect(greeting).toBe('Hello Ada');
    const byCode = await it.dispatcher.dispatch('greet', { name: 'Grace' });
    expect(await byCode.wait()).toMatchObject({
      state: 'success',
      result: 'Hello Grace',
      attempt: 1,
      triggeredBy: 'code',
    });
    expect(it.tracker.find(byCode.id)).toMatchObject({ state: 'success' });
  });

  test('a tracked execution is recorded before the broker has it', async () => {
    await using it = await runtime([Greet]);
    const order: string[] = [];
    const { pending, queued } = it.tracker;
    it.tracker.pending = (envelopes) => {
      order.push('pending');
      return pending.call(it.tracker, envelopes);
    };
    it.tracker.queued = async (ids) => {
      order.push((await it.broker.find(ids[0] ?? '')) ? 'in the broker' : 'not in the broker');
      return queued.call(it.tracker, ids);
    };
    const { id } = await it.dispatcher.dispatch(Greet, { name: 'Ada' });
    expect(order).toEqual(['pending', 'in the broker']);
    expect(it.tracker.find(id)).toMatchObject({ state: 'queued' });
  });

  test.each([
    ['an unknown task', 'gret', { name: 'x' }, {}, 'SKEP_TASK_UNKNOWN'],
    ['a payload that does not fit', 'greet', { name: 1 }, {}, 'SKEP_PAYLOAD_INVALID'],
    [
      'a payload that is too large',
      'greet',
      { name: 'x'.repeat(2_000) },
      {},
      'SKEP_PAYLOAD_TOO_LARGE',
    ],
    ['a payload that is no JSON', 'greet', { name: 1n }, {}, 'SKEP_PAYLOAD_INVALID'],
    ['a payload with a Map', 'greet', { name: 'x', of: new Map() }, {}, 'SKEP_PAYLOAD_INVALID'],
    [
      'delay and at',
      'greet',
      { name: 'x' },
      { delay: '1s', at: '2030-01-01' },
      'SKEP_DISPATCH_INVALID',
    ],
    ['a wrong delay', 'greet', { name: 'x' }, { delay: 'soon' }, 'SKEP_DISPATCH_INVALID'],
    ['a wrong time', 'greet', { name: 'x' }, { at: 'tomorrow' }, 'SKEP_DISPATCH_INVALID'],
    ['a number as time', 'greet', { name: 'x' }, { at: '10' }, 'SKEP_DISPATCH_INVALID'],
    [
      'a time of one country',
      'greet',
      { name: 'x' },
      { at: '04/05/2026' },
      'SKEP_DISPATCH_INVALID',
    ],
    ['an endless delay', 'greet', { name: 'x' }, { delay: '100000000d' }, 'SKEP_DISPATCH_INVALID'],
    [
      'a long trigger',
      'greet',
      { name: 'x' },
      { triggeredBy: 'x'.repeat(300) },
      'SKEP_DISPATCH_INVALID',
    ],
  ])('%s is refused and nothing is queued', async (_, code, payload, options, error) => {
    await using it = await runtime([Greet]);
    const dispatched = it.dispatcher.dispatch(code, payload as never, options as never);
    await expect(dispatched).rejects.toMatchObject({ code: error });
    expect(await it.broker.list({ limit: 10 })).toEqual([]);
  });

  test('several at once are all or none', async () => {
    await using it = await runtime([Greet]);
    const bad = [
      { task: Greet, payload: { name: 'a' } },
      { task: 'greet', payload: {} },
    ] as const;
    await expect(it.dispatcher.dispatchAll(bad)).rejects.toMatchObject({
      code: 'SKEP_PAYLOAD_INVALID',
    });
    expect(await it.broker.list({ limit: 10 })).toEqual([]);
    const good = await it.dispatcher.dispatchAll([bad[0], bad[0]]);
    expect(await it.broker.list({ limit: 10 })).toHaveLength(good.length);
  });

  test('delay and at are kept; at becomes scheduledFor', async () => {
    const seen: (Date | undefined)[] = [];
    @Task({ code: 'when' })
    class When {
      run(_: unknown, { scheduledFor }: RunContext): void {
        seen.push(scheduledFor);
      }
    }
    await using it = await runtime([When]);
    await it.worker.start();
    const at = new Date(Date.now() + 60);
    const dispatched = await it.dispatcher.dispatch('when', null, { at });
    const finished = await dispatched.wait();
    expect(seen).toEqual([at]);
    expect(finished.startedAt).toBeGreaterThanOrEqual(at.getTime());
  });
});

describe('worker', () => {
  test('work in a queue that no task has is taken, not left waiting for ever', async () => {
    await using it = await runtime([Greet], undefined, 0);
    const envelope = {
      ...envelopeOf('gone', { deep: nested(1_500) }, { id: 'orphan' }),
      queue: 'forgotten',
    };
    await it.broker.enqueue([{ envelope, availableAt: 0 }]);
    await it.worker.start();
    expect(await it.broker.waitForFinal('orphan')).toMatchObject({
      state: 'quarantined',
      error: { code: 'SKEP_TASK_UNKNOWN' },
    });
  });

  test('a retried execution runs again and its success is recorded', async () => {
    let runs = 0;
    @Task({ code: 'flaky' })
    @Retry({ maxRetries: 3, delay: '10ms', jitter: 'none' })
    class Flaky {
      constructor(@inject(RunContext) private readonly context: RunContext) {}
      run(): number {
        if (++runs < 3) throw new Error('not yet');
        return this.context.attempt;
      }
    }
    await using it = await runtime([Flaky]);
    await it.worker.start();
    const dispatched = await it.dispatcher.dispatch('flaky');
    expect(await dispatched.wait()).toMatchObject({ state: 'success', attempt: 3, result: 3 });
  });

  test('settling is retried on its own and the work is not run again', async () => {
    let runs = 0;
    @Task({ code: 'once' })
    class Once {
      run(): void {
        runs++;
      }
    }
    let outages = 2;
    const blip = (broker: Broker): Broker =>
      Object.assign(Object.create(broker) as Broker, {
        open: () => broker.open(),
        close: () => broker.close(),
        now: () => broker.now(),
        enqueue: broker.enqueue.bind(broker),
        waitForFinal: broker.waitForFinal.bind(broker),
        consume: (options: Parameters<Broker['consume']>[0]) =>
          broker.consume({
            ...options,
            deliver: (delivery) =>
              options.deliver({
                ...delivery,
                settle: async (settlement: Settlement) => {
                  if (outages-- > 0) throw new Error('connection lost');
                  await delivery.settle(settlement);
                },
              }),
          }),
      });
    await using it = await runtime([Once], blip);
    await it.worker.start();
    const dispatched = await it.dispatcher.dispatch('once');
    expect(await dispatched.wait()).toMatchObject({ state: 'success', attempt: 1 });
    expect(runs).toBe(1);
  });

  test('a drain lets runs finish, aborts those that do not, and hands them back uncounted', async () => {
    const started: (() => void)[] = [];
    const bothStarted = new Promise<void>((resolve) => {
      started.push(() => undefined, resolve);
    });
    let finish: () => void = () => undefined;
    @Task({ code: 'quick' })
    class Quick {
      run(): Promise<void> {
        started.shift()?.();
        return new Promise((resolve) => {
          finish = resolve;
        });
      }
    }
    @Task({ code: 'endless' })
    class Endless {
      run(_: unknown, { signal }: RunContext): Promise<void> {
        started.shift()?.();
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
      }
    }
    await using it = await runtime([Quick, Endless]);
    await it.worker.start();
    const quick = await it.dispatcher.dispatch('quick');
    const endless = await it.dispatcher.dispatch('endless');
    await bothStarted;
    const late = await it.dispatcher.dispatch('quick');
    const graceMs = 600_000;
    const grace = timerOf(graceMs);
    const drained = it.worker.drain(graceMs);
    finish();
    await until(() => it.worker.active === 1);
    grace.end();
    expect(await drained).toEqual({ finished: 1, aborted: 1, unsettled: 0 });
    expect(await it.broker.find(quick.id)).toMatchObject({ state: 'success' });
    expect(await it.broker.find(endless.id)).toMatchObject({ state: 'queued', crashes: 0 });
    expect(await it.broker.find(late.id)).toMatchObject({ state: 'queued', attempt: 0 });
  });
});
