import { SkepError } from '../../src/core/errors/skep-error.js';
import {
  DeliveryLost,
  ExecutionCancelled,
  HardTimeLimitExceeded,
  RetryRequested,
  RuntimeStopping,
  SoftTimeLimitExceeded,
} from '../../src/core/run/interruptions.js';
import { type OutcomeFacts, outcome } from '../../src/core/run/outcome.js';
import { retryPolicy } from '../../src/core/tasks/retry-policy.js';

const policy = retryPolicy({ maxRetries: 2, delay: '10s', jitter: 'none' });
const boom = new Error('boom');
const decide = (changes: Partial<OutcomeFacts>) =>
  outcome({
    end: { kind: 'threw', error: boom },
    interruption: undefined,
    policy: undefined,
    retriesUsed: 0,
    random: 0,
    onlyAttempt: false,
    ...changes,
  });

describe('outcome', () => {
  test('what returned is a success, also after an interruption', () => {
    const end = { kind: 'returned', result: 7 } as const;
    expect(decide({ end, interruption: new SoftTimeLimitExceeded(1) })).toEqual({
      kind: 'final',
      state: 'success',
      result: 7,
    });
  });

  test('an error without a policy fails; with one it is retried until none is left', () => {
    expect(decide({})).toMatchObject({ kind: 'final', state: 'failed', error: boom });
    expect(decide({ policy })).toEqual({ kind: 'retry', delayMs: 10_000, error: boom });
    expect(decide({ policy, retriesUsed: 1 })).toMatchObject({ delayMs: 20_000 });
    expect(decide({ policy, retriesUsed: 2 })).toMatchObject({ kind: 'final', state: 'failed' });
  });

  test('an error outside `on` fails at once', () => {
    const narrow = retryPolicy({ maxRetries: 2, on: [TypeError] });
    expect(decide({ policy: narrow })).toMatchObject({ kind: 'final', state: 'failed' });
  });

  test('context.retry() is retried whatever `on` says, with its own delay, and counts', () => {
    const narrow = retryPolicy({ maxRetries: 1, on: [TypeError] });
    const end = { kind: 'threw', error: new RetryRequested(3_000, 'later') } as const;
    expect(decide({ policy: narrow, end })).toMatchObject({ kind: 'retry', delayMs: 3_000 });
    expect(decide({ policy: narrow, end, retriesUsed: 1 })).toMatchObject({ state: 'failed' });
    expect(decide({ end })).toMatchObject({ state: 'failed' });
  });

  test('the soft limit times out, or is retried when the policy takes it', () => {
    const interruption = new SoftTimeLimitExceeded(1_000);
    expect(decide({ interruption })).toMatchObject({ state: 'timed_out', error: interruption });
    expect(decide({ interruption, policy })).toMatchObject({ kind: 'retry', error: interruption });
  });

  test('at the hard limit a run that was ended for certain is retried by the policy', () => {
    const interruption = new HardTimeLimitExceeded(1_000);
    const facts = { interruption, end: { kind: 'terminated' } } as const;
    expect(decide(facts)).toMatchObject({ kind: 'final', state: 'timed_out', error: interruption });
    expect(decide({ ...facts, policy })).toMatchObject({ kind: 'retry', error: interruption });
    const narrow = retryPolicy({ maxRetries: 2, on: [TypeError] });
    expect(decide({ ...facts, policy: narrow })).toMatchObject({ state: 'timed_out' });
  });

  test.each(['threw', 'terminated', 'abandoned'] as const)(
    'what was cancelled is never retried, what was lost is handed back: %s',
    (kind) => {
      const end = kind === 'threw' ? { kind, error: boom } : { kind };
      const cancelled = new ExecutionCancelled();
      expect(decide({ end, policy, interruption: cancelled })).toEqual({
        kind: 'final',
        state: 'cancelled',
        error: cancelled,
      });
      expect(decide({ end, policy, interruption: new DeliveryLost() })).toEqual({ kind: 'return' });
    },
  );

  test('a run that was left behind is never retried: code of the attempt may still run', () => {
    const interruption = new HardTimeLimitExceeded(1_000);
    const facts = { interruption, policy, end: { kind: 'abandoned' } } as const;
    expect(decide(facts)).toMatchObject({ kind: 'final', state: 'timed_out' });
  });

  test('a stop hands the delivery back, uncounted', () => {
    expect(decide({ interruption: new RuntimeStopping(), policy })).toEqual({ kind: 'return' });
  });

  test('the only attempt of an execution is neither retried nor handed back', () => {
    const only = { onlyAttempt: true, policy };
    expect(decide(only)).toEqual({ kind: 'final', state: 'failed', error: boom });
    const late = new SoftTimeLimitExceeded(1);
    expect(decide({ ...only, interruption: late })).toMatchObject({ state: 'timed_out' });
    const end = { kind: 'threw', error: new RetryRequested(3_000, 'later') } as const;
    expect(decide({ ...only, end })).toMatchObject({
      kind: 'final',
      state: 'failed',
      error: { message: 'later; but `skep run` is one attempt' },
    });
    expect(decide({ ...only, interruption: new RuntimeStopping() })).toEqual({
      kind: 'final',
      state: 'cancelled',
      error: expect.objectContaining({ code: 'SKEP_RUN_STOPPED' }),
    });
  });

  test('a result that cannot be recorded is not retried: the work was done', () => {
    const error = new SkepError('SKEP_RESULT_INVALID', 'cyclic');
    expect(decide({ policy, end: { kind: 'threw', error } })).toMatchObject({ state: 'failed' });
  });
});
