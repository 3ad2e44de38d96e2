// The worker at its edges: which queues it takes, what counts as ended, and drains that meet something half-way.
import type { Envelope } from '../../src/core/envelope.js';
import { SkepError } from '../../src/core/errors/skep-error.js';
import type {
  ConsumeOptions,
  Delivery,
  QueueView,
  Settlement,
} from '../../src/core/ports/broker.js';
import { Worker, type WorkerParts } from '../../src/core/run/worker.js';
import { Task } from '../../src/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

@Task({ code: 'quick' })
class Quick {
  run(): void {}
}

@Task({ code: 'single', concurrency: 1 })
class Single {
  run(): void {}
}

/** A broker of which the test decides what it answers. */
class ScriptedBroker {
  readonly consumed: ConsumeOptions[] = [];
  readonly stopped: string[] = [];
  held: QueueView[] = [];
  /** Called before each `consume` resolves. */
  onConsume: (options: ConsumeOptions) => Promise<void> = async () => undefined;
  onStop: () => Promise<void> = async () => undefined;

  async consume(options: ConsumeOptions) {
    await this.onConsume(options);
    this.consumed.push(options);
    return {
      stop: async () => {
        await this.onStop();
        this.stopped.push(options.lanes[0]);
      },
    };
  }

  async queues(): Promise<QueueView[]> {
    return this.held;
  }
}

const held = (name: string, changes: Partial<QueueView> = {}): QueueView => ({
  name,
  waiting: 1,
  delayed: 0,
  active: 0,
  paused: false,
  ...changes,
});

function workerOf(changes: Partial<WorkerParts> = {}) {
  const broker = new ScriptedBroker();
  const { runner } = createHarness({ tasks: [Quick, Single] });
  const logger = {
    error: (message: string) => messages.push(message),
    warn: (message: string) => messages.push(message),
    info: () => undefined,
    debug: () => undefined,
  };
  const messages: string[] = [];
  const worker = new Worker({
    // It is asked for nothing but `consume` and `queues`.
    broker: broker as unknown as WorkerParts['broker'],
    runner,
    logger,
    queues: [{ name: 'default', concurrency: 4, weight: 1 }],
    ...changes,
  });
  return { broker, worker, messages };
}

/** Delivers an envelope to the first consumer; resolves with how it was settled. */
async function deliver(
  broker: ScriptedBroker,
  envelope: Envelope,
  changes: Partial<Delivery> = {},
): Promise<Settlement | undefined> {
  let settlement: Settlement | undefined;
  await broker.consumed[0]?.deliver({
    id: envelope.id,
    raw: envelope,
    crashes: 0,
    cancelled: false,
    now: Date.now,
    admit: async () => ({ admitted: true, release: async () => undefined }),
    onInterrupt: () => undefined,
    settle: async (how) => {
      settlement = how;
    },
    ...changes,
  });
  return settlement;
}

test('a consumer that never stops does not hold up the drain', async () => {
  const { broker, worker, messages } = workerOf({ stopTimeoutMs: 20 });
  broker.onStop = () => new Promise(() => undefined);
  await worker.start();
  expect(await worker.drain(0)).toEqual({ finished: 0, aborted: 0, unsettled: 0 });
  expect(messages).toEqual(['a consumer did not stop']);
});

describe('queues', () => {
  test('a queue is consumed with its lanes, the most urgent first', async () => {
    const { broker, worker } = workerOf();
    await worker.start();
    expect(broker.consumed).toMatchObject([
      { lanes: ['default:high', 'default', 'default:low'], concurrency: 4 },
    ]);
    await worker.drain(0);
    expect(broker.stopped).toEqual(['default:high']);
  });

  test('work in a queue that nothing names is adopted, once, also when it waits in a lane', async () => {
    const { broker, worker } = workerOf({ adopt: { concurrency: 10, weight: 1 } });
    broker.held = [
      held('default'),
      held('gone:high'),
      held('gone', { waiting: 0, delayed: 3 }),
      // Its worker may have died.
      held('orphaned', { waiting: 0, active: 2 }),
      held('empty', { waiting: 0 }),
    ];
    await worker.start();
    expect(worker.queues.map(({ name }) => name)).toEqual(['default', 'gone', 'orphaned']);
    await worker.drain(0);
  });

  test('without adoption it is left alone', async () => {
    const { broker, worker } = workerOf();
    broker.held = [held('gone')];
    await worker.start();
    expect(worker.queues.map(({ name }) => name)).toEqual(['default']);
    await worker.drain(0);
  });

  test('a queue that could not be consumed is not said to be', async () => {
    const { broker, worker } = workerOf();
    broker.onConsume = () => Promise.reject(new Error('out of reach'));
    await expect(worker.start()).rejects.toThrow('out of reach');
    expect(worker.queues).toEqual([]);
    await worker.drain(0);
  });

  test('slots are the sum of the queues, and never more than the process may have', async () => {
    const queues = [
      { name: 'a', concurrency: 4, weight: 1 },
      { name: 'b', concurrency: 6, weight: 1 },
    ];
    for (const [slots, expected] of [
      [undefined, 10],
      [7, 7],
      [50, 10],
    ]) {
      const { worker } = workerOf({ queues, slots });
      await worker.start();
      expect(worker.slots).toBe(expected);
      await worker.drain(0);
    }
  });
});

describe('what has ended', () => {
  test('counts when it was decided, and not when it was put off', async () => {
    const { broker, worker } = workerOf();
    await worker.start();
    expect(await deliver(broker, envelopeOf('quick'))).toMatchObject({ state: 'success' });
    expect(worker.finished).toBe(1);
    const later = { admitted: false, availableAt: 99 } as const;
    const single = envelopeOf('single', null, { id: 'e-2' });
    expect(await deliver(broker, single, { admit: async () => later })).toEqual({
      kind: 'postpone',
      availableAt: 99,
    });
    expect(worker.finished).toBe(1);
    await worker.drain(0);
  });
});

test('a settlement that comes too late is told, and not tried again', async () => {
  const { broker, worker, messages } = workerOf();
  await worker.start();
  let tries = 0;
  await deliver(broker, envelopeOf('quick'), {
    settle: async () => {
      tries += 1;
      throw new SkepError('SKEP_STALE_DELIVERY', 'another worker has it');
    },
  });
  expect(tries).toBe(1);
  expect(messages).toEqual(['a late settlement was refused']);
  await worker.drain(0);
});

describe('a drain', () => {
  test('says so at once', async () => {
    const { worker } = workerOf();
    await worker.start();
    expect(worker.draining).toBe(false);
    const drained = worker.drain(0);
    expect(worker.draining).toBe(true);
    expect(await drained).toEqual({ finished: 0, aborted: 0, unsettled: 0 });
  });

  test('that begins while a queue is being taken stops that one too', async () => {
    const { broker, worker } = workerOf();
    let taken: () => void = () => undefined;
    const taking = new Promise<void>((resolve) => {
      broker.onConsume = () =>
        new Promise((done) => {
          taken = done;
          resolve();
        });
    });
    const started = worker.start();
    await taking;
    await worker.drain(0);
    expect(broker.stopped).toEqual([]);
    taken();
    await started;
    expect(broker.stopped).toEqual(['default:high']);
  });

  test('counts a run that ends while its consumers are being stopped', async () => {
    const { broker, worker } = workerOf();
    await worker.start();
    broker.onStop = async () => {
      // What was on its way when claiming was stopped.
      await deliver(broker, envelopeOf('quick'));
    };
    expect(await worker.drain(0)).toEqual({ finished: 1, aborted: 0, unsettled: 0 });
  });

  test('ends although a run cannot be settled, after the grace and 9 s, and counts it', async () => {
    const { jest } = import.meta;
    jest.useFakeTimers();
    try {
      const { broker, worker, messages } = workerOf();
      await worker.start();
      await new Promise<void>((resolve) => {
        const settle = (): Promise<void> => {
          resolve();
          return new Promise(() => undefined);
        };
        void deliver(broker, envelopeOf('quick'), { settle });
      });
      let ended = false;
      const drained = worker.drain(1_000).finally(() => {
        ended = true;
      });
      await jest.advanceTimersByTimeAsync(9_900);
      expect(ended).toBe(false);
      await jest.advanceTimersByTimeAsync(200);
      expect(ended).toBe(true);
      expect(await drained).toEqual({ finished: 0, aborted: 0, unsettled: 1 });
      expect(messages).toEqual(['grace period over, aborting runs']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('goes on when a consumer cannot be stopped', async () => {
    const { broker, worker, messages } = workerOf();
    await worker.start();
    broker.onStop = () => Promise.reject(new Error('out of reach'));
    expect(await worker.drain(0)).toEqual({ finished: 0, aborted: 0, unsettled: 0 });
    expect(messages).toEqual(['a consumer did not stop']);
  });
});
