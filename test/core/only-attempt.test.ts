// One attempt without a queue, as `skep run` makes it: of a tracked task it is on record, and it ends there for good.
import type { Beginning } from '../../src/core/ports/tracker.js';
import { performOnlyAttempt } from '../../src/core/run/only-attempt.js';
import { Retry, type RunContext, Task, Tracked } from '../../src/index.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

let runs = 0;
beforeEach(() => {
  runs = 0;
});

@Task({ code: 'pays' })
@Tracked()
@Retry({ maxRetries: 5 })
class Pays {
  run(
    payload: { fails?: boolean; waits?: boolean },
    context: RunContext,
  ): Promise<string> | string {
    runs += 1;
    if (payload.fails) throw new Error('no money');
    if (!payload.waits) return 'paid';
    return new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason));
      started();
    });
  }
}
let started: () => void = () => undefined;

function only(payload: object = {}, tracked = true) {
  const envelope = envelopeOf('pays', payload as never, tracked ? { tracked: true } : {});
  return { ...envelope, onlyAttempt: true } as const;
}

function harness(tracker = new MemoryTracker()) {
  const { runner } = createHarness({ tasks: [Pays], tracker, patience: { beginPatienceMs: 0 } });
  return { runner, tracker };
}

test('of a tracked task it is on record from before its beginning to its end', async () => {
  const states: unknown[] = [];
  class Watching extends MemoryTracker {
    override begin(...call: Parameters<MemoryTracker['begin']>): Promise<Beginning> {
      states.push(this.find('e-1')?.state);
      return super.begin(...call);
    }
  }
  const parts = harness(new Watching());
  const ended = await performOnlyAttempt(parts, only());
  expect(ended).toMatchObject({ state: 'success', report: { result: 'paid' } });
  expect(states).toEqual(['pending']);
  expect(parts.tracker.find('e-1')).toMatchObject({ state: 'success', attempt: 1 });
});

test('of another task it leaves no record', async () => {
  const parts = harness();
  expect(await performOnlyAttempt(parts, only({}, false))).toMatchObject({ state: 'success' });
  expect(parts.tracker.find('e-1')).toBeUndefined();
});

test.each([true, false])(
  'a failure that @Retry would retry is final: tracked %s',
  async (tracked) => {
    const parts = harness();
    expect(await performOnlyAttempt(parts, only({ fails: true }, tracked))).toMatchObject({
      state: 'failed',
      report: { error: { message: 'no money' } },
    });
    if (tracked) expect(parts.tracker.find('e-1')).toMatchObject({ state: 'failed' });
  },
);

test('a stop while its code runs ends it as cancelled, for nobody goes on with it', async () => {
  const parts = harness();
  const waits = new Promise<void>((resolve) => {
    started = resolve;
  });
  const ended = performOnlyAttempt(parts, only({ waits: true }));
  await waits;
  parts.runner.stop();
  expect(await ended).toMatchObject({
    state: 'cancelled',
    report: { error: { code: 'SKEP_RUN_STOPPED' } },
  });
  expect(parts.tracker.find('e-1')).toMatchObject({ state: 'cancelled' });
});

test('a stop before its code ends it as cancelled without it', async () => {
  const parts = harness();
  parts.runner.stop();
  expect(await performOnlyAttempt(parts, only())).toMatchObject({ state: 'cancelled' });
  expect(parts.tracker.find('e-1')).toMatchObject({ state: 'cancelled' });
  expect(runs).toBe(0);
});

test('a stop while its beginning is recorded ends it as cancelled without its code', async () => {
  class Stopping extends MemoryTracker {
    override begin(...call: Parameters<MemoryTracker['begin']>): Promise<Beginning> {
      parts.runner.stop();
      return super.begin(...call);
    }
  }
  const parts = harness(new Stopping());
  expect(await performOnlyAttempt(parts, only())).toMatchObject({ state: 'cancelled' });
  expect(parts.tracker.find('e-1')).toMatchObject({ state: 'cancelled' });
  expect(runs).toBe(0);
});

test('a beginning that cannot be recorded is an error by name, and no code runs', async () => {
  class Away extends MemoryTracker {
    override begin(): Promise<Beginning> {
      return Promise.reject(new Error('the database is away'));
    }
  }
  await expect(performOnlyAttempt(harness(new Away()), only())).rejects.toMatchObject({
    code: 'SKEP_NOT_BEGUN',
    message: expect.stringContaining('pays has not run'),
  });
  expect(runs).toBe(0);
});

test('what was cancelled on record before its beginning does not run', async () => {
  class Cancelled extends MemoryTracker {
    override async begin(attempt: Parameters<MemoryTracker['begin']>[0]): Promise<Beginning> {
      const facts = { attempt: 1, worker: 'w', startedAt: 0, finishedAt: 0 };
      const ledger = { opened: 0, closed: 0, killed: 0, leaked: 0 };
      await this.final(attempt, 'cancelled', { ...facts, ledger });
      return super.begin(attempt);
    }
  }
  expect(await performOnlyAttempt(harness(new Cancelled()), only())).toMatchObject({
    state: 'cancelled',
  });
  expect(runs).toBe(0);
});
