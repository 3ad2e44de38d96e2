// Limits that are real: whatever the code of an isolated task does, its attempt ends, and nothing of it goes on.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWithMaria, freshDatabase, processList } from '../support/mariadb.js';
import { quick } from '../support/quick.js';
import { until } from '../support/until.js';
import { HardLimit } from './hard-limit.js';
import { IsolatedSite } from './isolated-site.js';

const timedOut = {
  kind: 'final',
  state: 'timed_out',
  report: { error: { code: 'SKEP_HARD_TIME_LIMIT' } },
};

/** Starting a thread takes longest here, so what can share one does: only what ends it costs a new one. */
let limit: HardLimit;
let site: IsolatedSite;
beforeAll(async () => {
  limit = new HardLimit();
  const { timeLimit } = limit;
  const tasks = { stubborn: { timeLimit }, beats: { timeLimit }, holds_lock: { timeLimit } };
  const isolation = { threads: 2, maxMemory: '150MiB' };
  site = await IsolatedSite.start({ config: { isolation, tasks } });
});
afterAll(async () => {
  limit[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

/** Begins a run whose delivery can be interrupted. Resolves when its code has begun. */
async function interruptible(task: string, payload: string | null = null) {
  let interrupt: (why: 'cancelled' | 'lost') => void = () => undefined;
  const begun = site.progressOf(task);
  const settlement = site.perform(task, payload, {
    onInterrupt: (listener) => {
      interrupt = listener;
    },
  });
  await begun;
  return { settlement, interrupt };
}

describe('the hard limit', () => {
  test.each(['spin', 'never'])(
    'ends code of the kind "%s" within a second; other runs go on meanwhile',
    async (way) => {
      await quick(1_000, async () => {
        const begun = site.progressOf('stubborn');
        const stubborn = site.perform('stubborn', way);
        let isOver = false;
        void stubborn.then(() => {
          isOver = true;
        });
        await begun;
        expect(await site.result('where')).toMatchObject({ isMainThread: false });
        expect(isOver).toBe(false);
        limit.strike();
        const struckAt = performance.now();
        expect(await stubborn).toMatchObject(timedOut);
        const tookMs = performance.now() - struckAt;
        expect(await site.result('where')).toMatchObject({ isMainThread: false });
        return tookMs;
      });
    },
  );

  test('frees its place: a run that waits for the thread gets a new one', async () => {
    // With the limit of the task's own: it may come before its code begins.
    await using site = await IsolatedSite.start({ config: { isolation: { threads: 1 } } });
    const { threadId } = await site.result('where');
    // The first of the two has the thread, whether or not its code begins before its limit comes.
    const stubborn = site.perform('stubborn', 'spin');
    const waiting = site.result('where');
    expect(await stubborn).toMatchObject(timedOut);
    const after = await waiting;
    expect(after).toMatchObject({ uses: 1 });
    expect(after.threadId).not.toBe(threadId);
  });

  test('is retried by the policy, and only when nothing of the attempt runs any more', async () => {
    const file = join(site.folder.path, 'beats');
    writeFileSync(file, '');
    /** Has the limit come when the attempt has left its traces. */
    const struck = async (attempt: number): Promise<unknown> => {
      const settlement = site.perform('beats', file, { attempt });
      await until(() => readFileSync(file, 'utf8').includes(`${attempt}\n`));
      limit.strike();
      return settlement;
    };
    expect(await struck(1)).toMatchObject({
      kind: 'retry',
      envelope: { attempt: 2 },
      report: { error: { code: 'SKEP_HARD_TIME_LIMIT' } },
    });
    expect(await struck(2)).toMatchObject(timedOut);
    const attempts = readFileSync(file, 'utf8').trim().split('\n');
    expect(attempts.lastIndexOf('1')).toBeLessThan(attempts.indexOf('2'));
  });

  test('waits for native code that cannot be ended, and has nothing follow it before', async () => {
    const tasks = { holds_lock: { retry: { maxRetries: 1 }, timeLimit: limit.timeLimit } };
    await using site = await IsolatedSite.start({ config: { tasks } });
    const begun = site.progressOf('holds_lock');
    const performed = site.perform('holds_lock', 'native');
    let isOver = false;
    void performed.then(() => {
      isOver = true;
    });
    await begun;
    // Nothing tells from outside that the thread is inside of native code.
    await pause(1_000);
    // Where this thread alone stood still until the native code was through, there is no limit any more.
    const isTooLate = isOver;
    limit.strike();
    const settlement = await performed;
    const messages = site.lines.map(({ message }) => message);
    const isLeft = messages.includes('run left behind; native code still holds its thread');
    // It depends on the machine which of the two it is: ended late, or not within the time there is.
    const ended = isLeft ? timedOut : { kind: 'retry' };
    expect(settlement).toMatchObject(isTooLate ? { state: 'success' } : ended);
  });

  test('of a run that holds a lock of a SQLite file sets the file free', async () => {
    expect(await site.perform('holds_lock', 'once')).toMatchObject({ state: 'success' });
    for (const way of ['spin', 'busy', 'busy']) {
      const holding = site.progressOf('holds_lock');
      const settlement = site.perform('holds_lock', way);
      await holding;
      limit.strike();
      expect(await settlement).toMatchObject({
        ...timedOut,
        report: { ledger: { opened: 1, killed: 1 } },
      });
    }
    expect(await site.perform('holds_lock', 'once')).toMatchObject({ state: 'success' });
  });
});

test('at the soft limit the signal aborts in the thread, which goes on', async () => {
  await using site = await IsolatedSite.start({ config: { isolation: { threads: 1 } } });
  expect(await site.perform('polite')).toMatchObject({
    state: 'timed_out',
    report: { error: { code: 'SKEP_SOFT_TIME_LIMIT' } },
  });
  expect(await site.result('where')).toMatchObject({ uses: 1 });
});

describe('a run that is interrupted', () => {
  test('is cancelled when it ends by its signal', async () => {
    const { settlement, interrupt } = await interruptible('patient');
    interrupt('cancelled');
    expect(await settlement).toMatchObject({ state: 'cancelled' });
  });

  test('is ended by force when it does not, and handed back when its delivery is lost', async () => {
    const { settlement, interrupt } = await interruptible('unlimited', 'spin');
    interrupt('lost');
    expect(await settlement).toEqual({ kind: 'return' });
  });
});

describe('a thread that dies', () => {
  test.each(['exit', 'grow'])('by "%s" takes nothing with it: its run fails', async (way) => {
    const { settlement, interrupt } = await interruptible('patient');
    expect(await site.perform('unlimited', way)).toMatchObject({
      kind: 'final',
      state: 'failed',
      report: { error: { code: 'SKEP_THREAD_DIED' } },
    });
    interrupt('cancelled');
    expect(await settlement).toMatchObject({ state: 'cancelled' });
  });

  test('has its run retried when the policy says so', async () => {
    expect(await site.perform('unlimited_retried', 'exit')).toMatchObject({ kind: 'retry' });
  });
});

describeWithMaria('queries of an isolated run', () => {
  const { url, name } = freshDatabase('isolation');
  const connections = async () =>
    (await processList(url)).filter(({ database }) => database === name);
  /** The server confirms that a connection is to end, and lets go of it a moment later. */
  const noneLeft = () => until(async () => (await connections()).length === 0);

  test.each([
    ['waits for its query', false],
    ['blocks its thread while its query goes on', true],
  ])('that %s are ended on the server within a second of the hard limit', async (_, blocks) => {
    const config = { tasks: { queries: { timeLimit: limit.timeLimit } } };
    await using site = await IsolatedSite.start({ variables: { MARIA_URL: url }, config });
    await quick(1_000, async () => {
      const begun = site.progressOf('queries');
      const blocked = site.progressOf('queries', 'blocking');
      const settlement = site.perform('queries', blocks);
      const id = Number(await begun);
      if (blocks) await blocked;
      await until(async () => {
        const [only, ...others] = await connections();
        return only?.id === id && only.statement === 'SELECT SLEEP(600)' && others.length === 0;
      });
      limit.strike();
      const struckAt = performance.now();
      expect(await settlement).toMatchObject({
        ...timedOut,
        report: { ledger: { opened: 1, closed: 0, killed: 1, leaked: 0 } },
      });
      await noneLeft();
      return performance.now() - struckAt;
    });
  });

  test('are ended after the soft limit when the run waits for them', async () => {
    await using site = await IsolatedSite.start({ variables: { MARIA_URL: url } });
    expect(await site.perform('soft_query')).toMatchObject({ state: 'timed_out' });
    await noneLeft();
  });
});
