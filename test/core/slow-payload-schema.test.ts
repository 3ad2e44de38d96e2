// A payload schema may ask a server that never answers: each place that waits for one has a bound, and names task and schema.
import { stamp } from '../../src/core/dispatch/stamp.js';
import type { Interruption, Settlement } from '../../src/core/ports/broker.js';
import { parsePayload, waitAtMost } from '../../src/core/tasks/payload.js';
import { Retry, Task, type TaskClass, TimeLimit, Tracked } from '../../src/index.js';
import { createHarness, envelopeOf, fixedSeams, registryOf } from '../support/harness.js';

let asked: () => void = () => undefined;
let codeBegan = false;
beforeEach(() => {
  asked = () => undefined;
  codeBegan = false;
});

const silent = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (): Promise<never> => {
      asked();
      return new Promise(() => undefined);
    },
  },
} as const;

abstract class Code {
  run(): void {
    codeBegan = true;
  }
}

@Task({ code: 'soft', payload: silent })
@TimeLimit({ soft: '20ms' })
@Tracked()
class Soft extends Code {}

@Task({ code: 'hard', payload: silent })
@TimeLimit({ hard: '20ms' })
class Hard extends Code {}

@Task({ code: 'retried', payload: silent })
@TimeLimit({ soft: '20ms' })
@Retry({ maxRetries: 1, delay: '1s', jitter: 'none' })
class Retried extends Code {}

@Task({ code: 'unlimited', payload: silent })
class Unlimited extends Code {}

const noSchema = (task: string): string => `the payload schema of ${task} had not answered`;
const performed = async (task: TaskClass, code: string, payloadTimeoutMs?: number) => {
  const options = payloadTimeoutMs === undefined ? {} : { payloadTimeoutMs };
  return createHarness({ tasks: [task], ...options }).perform(envelopeOf(code));
};

describe('in a run', () => {
  afterEach(() => expect(codeBegan).toBe(false));

  test.each<[string, TaskClass, string]>([
    ['soft', Soft, 'SKEP_SOFT_TIME_LIMIT'],
    ['hard', Hard, 'SKEP_HARD_TIME_LIMIT'],
  ])('the %s limit of the task ends the wait', async (limit, task, code) => {
    expect(await performed(task, limit)).toMatchObject({
      kind: 'final',
      state: 'timed_out',
      report: { error: { code, message: expect.stringContaining(noSchema(limit)) } },
    });
  });

  test('it is retried like any attempt that took too long', async () => {
    expect(await performed(Retried, 'retried')).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'SKEP_SOFT_TIME_LIMIT' } },
    });
  });

  test('without limits there is a bound all the same', async () => {
    expect(await performed(Unlimited, 'unlimited', 20)).toMatchObject({
      kind: 'final',
      state: 'failed',
      report: {
        error: {
          code: 'SKEP_PAYLOAD_TIMEOUT',
          message: 'the payload schema of unlimited did not answer within 20 ms',
        },
      },
    });
  });

  test('the log of a tracked execution says how it ended', async () => {
    const harness = createHarness({ tasks: [Soft] });
    await harness.perform(envelopeOf('soft', null, { tracked: true }));
    expect(harness.lines.map(({ message }) => message)).toContain('run ended: timed_out');
  });

  test.each<[Interruption | 'stopping', Partial<Settlement>]>([
    ['cancelled', { kind: 'final', state: 'cancelled' }],
    ['lost', { kind: 'return' }],
    ['stopping', { kind: 'return' }],
  ])('%s ends the wait', async (why, expected) => {
    const harness = createHarness({ tasks: [Unlimited] });
    let interrupt: (why: Interruption) => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const settlement = harness.runner.perform({
      id: 'e-1',
      raw: envelopeOf('unlimited'),
      crashes: 0,
      onInterrupt: (listener) => {
        interrupt = listener;
      },
    });
    await isAsked;
    // The wait begins in the turn after the schema was asked.
    await Promise.resolve();
    expect(harness.runner.running).toMatchObject([{ executionId: 'e-1', task: 'unlimited' }]);
    if (why === 'stopping') harness.runner.stop();
    else interrupt(why);
    expect(await settlement).toMatchObject(expected);
    expect(harness.runner.running).toEqual([]);
  });
});

test('a dispatch waits for a bounded time', async () => {
  const parts = {
    registry: registryOf(Unlimited),
    broker: { now: () => 0 },
    seams: fixedSeams(),
    payloadLimitBytes: 1_000,
    payloadTimeoutMs: 20,
  };
  await expect(stamp(parts, { task: 'unlimited', payload: null })).rejects.toMatchObject({
    code: 'SKEP_PAYLOAD_TIMEOUT',
    message: 'the payload schema of unlimited did not answer within 20 ms',
  });
});

test('what a schema rejects with after it was given up is no stray error', async () => {
  let reject: (error: Error) => void = () => undefined;
  const late = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () =>
        new Promise<never>((_, refuse) => {
          reject = refuse;
        }),
    },
  } as const;
  const record = { ...registryOf(Unlimited).get('unlimited'), payload: late };
  const stray: unknown[] = [];
  const note = (error: unknown): void => void stray.push(error);
  process.on('unhandledRejection', note);
  await expect(parsePayload(record, null, waitAtMost(10))).rejects.toMatchObject({
    code: 'SKEP_PAYLOAD_TIMEOUT',
  });
  reject(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(stray).toEqual([]);
});
