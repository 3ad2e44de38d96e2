// Threads of isolated tasks: what runs in them, what crosses over, and how they come and go.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { envelopeOf } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';
import { IsolatedSite } from './isolated-site.js';

const oneThread = { config: { isolation: { threads: 1 } } };

/** Starting a thread takes longest here: what leaves the thread as it was shares one. */
let site: IsolatedSite;
let firstUse: Awaited<ReturnType<IsolatedSite['result']>>;
beforeAll(async () => {
  site = await IsolatedSite.start(oneThread);
  firstUse = await site.result('where');
});
afterAll(() => site[Symbol.asyncDispose]());

/** Fails unless the thread is still the one that served first, and serves. */
async function expectSameThread(): Promise<void> {
  const { threadId, copies } = firstUse;
  expect(await site.result('where')).toMatchObject({ threadId, copies });
}

/** Has only the lines that the test itself brings about. */
function linesSince(): () => IsolatedSite['lines'] {
  const before = site.lines.length;
  return () => site.lines.slice(before);
}

test('an isolated task runs in a thread with a container of its own, which is used again', async () => {
  expect(firstUse).toEqual({
    isMainThread: false,
    threadId: expect.any(Number),
    uses: 1,
    started: true,
    copies: 1,
  });
  expect(await site.result('where')).toEqual({ ...firstUse, uses: 2 });
});

test('services that are marked live as long as the run, or as the thread', async () => {
  expect(await site.result('lifetimes')).toEqual({ isShared: true, run: 1, process: 1 });
  expect(await site.result('lifetimes')).toEqual({ isShared: true, run: 2, process: 1 });
});

test('a variable that is set to nothing is set to nothing in a thread too', async () => {
  // Over what .env says; and MARIADB_URL, which looks like a misspelt MARIA_URL, is refused unless that one is set.
  await using site = await IsolatedSite.start({
    variables: { MARIA_URL: '', MARIADB_URL: 'mysql://app@db.invalid/app' },
    dotEnv: 'MARIA_URL=mysql://app@db.invalid/app',
  });
  expect(await site.result('database')).toEqual({
    isMainThread: false,
    file: join(site.folder.path, 'maria.db'),
  });
});

test('plugins of a thread are closed with it', async () => {
  using folder = tempFolder();
  const file = folder.write('closed', '');
  const site = await IsolatedSite.start({ variables: { CLOSED_FILE: file } });
  const { threadId } = await site.result('where');
  await site[Symbol.asyncDispose]();
  expect(readFileSync(file, 'utf8')).toBe(`${threadId}\n`);
});

test('errors keep code and cause, the policy of the task decides in its thread, logs carry the run', async () => {
  const lines = linesSince();
  const settlement = await site.perform('unlucky');
  expect(settlement).toMatchObject({
    kind: 'retry',
    envelope: { id: expect.any(String), attempt: 2 },
    report: {
      error: { code: 'NoLuck', message: 'none: longer than the soft time limit of 1 ms' },
    },
  });
  const id = settlement.kind === 'retry' ? settlement.envelope.id : undefined;
  const line = lines().find(({ message }) => message === 'trying my luck');
  expect(line).toEqual({
    level: 'info',
    message: 'trying my luck',
    fields: {
      executionId: id,
      jobId: id,
      task: 'unlucky',
      attempt: 1,
      worker: expect.any(String),
      password: '[redacted]',
      odd: '[function]',
      big: '1',
    },
  });
  const messages = lines().map(({ message }) => message);
  expect(messages.indexOf('trying my luck')).toBeLessThan(messages.indexOf('run ended: retrying'));
});

test('a result that JSON would lose is refused with its path, as in the main thread', async () => {
  for (const kind of ['Map', 'Set', 'NaN', 'Date']) {
    expect(await site.perform('returns', kind)).toMatchObject({
      kind: 'final',
      state: 'failed',
      report: {
        error: {
          code: 'SKEP_RESULT_INVALID',
          message: expect.stringContaining('$.items[0]'),
        },
      },
    });
  }
  expect(await site.result('returns', 'plain')).toEqual({ items: [1] });
});

test('work that nobody awaited fails the attempt, and its failures are no stray errors', async () => {
  const lines = linesSince();
  expect(await site.perform('forgets', 'transactions')).toMatchObject({
    kind: 'final',
    state: 'failed',
    report: {
      error: {
        code: 'SKEP_WORK_NOT_AWAITED',
        message: expect.stringMatching(
          /a transaction of maria, begun at .*plugin.ts:\d+:\d+ \(2 times\)/,
        ),
      },
    },
  });
  expect(await site.perform('forgets', 'dispatch')).toMatchObject({
    kind: 'retry',
    report: { error: { code: 'SKEP_PAYLOAD_TOO_LARGE' } },
  });
  // Node tells of rejections in this thread, too.
  expect(await site.perform('forgets', 'failure')).toMatchObject({
    kind: 'retry',
    report: { error: { message: expect.stringContaining('nowhere') } },
  });
  const strays = lines().filter(({ message }) => message.includes('that nobody awaited was'));
  expect(strays.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('a rejection and an exception that nobody takes are logged with their run; the thread goes on', async () => {
  const lines = linesSince();
  expect(await site.perform('strays')).toMatchObject({
    state: 'success',
    report: { result: 'still here' },
  });
  const strays = lines().filter(({ level }) => level === 'error');
  expect(strays.map(({ fields }) => [fields.task, fields.error])).toEqual([
    ['strays', expect.objectContaining({ message: 'nobody awaits me' })],
    ['strays', expect.objectContaining({ message: 'nobody catches me' })],
  ]);
  await expectSameThread();
});

test('a run waits for a free thread, and ends its waiting when the runtime stops', async () => {
  await using site = await IsolatedSite.start(oneThread);
  const begun = site.progressOf('patient');
  const first = site.perform('patient');
  await begun;
  const second = site.perform('where');
  site.parts.runner.stop();
  expect(await Promise.all([first, second])).toEqual([{ kind: 'return' }, { kind: 'return' }]);
});

test('a run whose signal aborts in the moment in which a thread is free for it does not begin; the thread serves the next', async () => {
  const { uses } = await site.result('where');
  const start = (id: string, signal = new AbortController().signal) => {
    const fields = { executionId: id, task: 'where', attempt: 1, worker: 'w', jobId: id };
    const envelope = envelopeOf('where', null, { id });
    return site.parts.isolation.start({ envelope, fields, fence: 1 }, () => undefined, signal);
  };
  const first = await start('e-1');
  const stop = new AbortController();
  const second = start('e-2', stop.signal);
  // The pool was first to ask for this end, and has handed the thread on when the signal aborts.
  void first.ended.then(() => stop.abort(new Error('stopped')));
  await expect(second).rejects.toThrow('stopped');
  const third = await start('e-3');
  expect(await third.ended).toMatchObject({ decided: { result: { uses: Number(uses) + 2 } } });
});

test('a task in a thread dispatches through a connection of its own', async () => {
  const settlement = await site.perform('dispatches');
  const id = settlement.kind === 'final' ? settlement.report.result : undefined;
  expect(await site.parts.broker.find(String(id))).toMatchObject({
    task: 'where',
    state: 'queued',
    triggeredBy: 'task dispatches',
  });
});

test('a thread that cannot be started fails the run and says why', async () => {
  await using site = await IsolatedSite.start(oneThread);
  site.folder.write('plugins.json', '{ "plugins": ["./gone.ts"] }');
  for (const _ of ['twice', 'in a row']) {
    expect(await site.perform('where')).toMatchObject({
      state: 'failed',
      report: {
        error: { code: 'SKEP_THREAD_DIED', message: expect.stringContaining('./gone.ts') },
      },
    });
  }
});
