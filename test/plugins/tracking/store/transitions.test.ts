// What becomes of the row of an execution, and of those of its attempts, with each thing that is said of its runs.

import type { ApplicationDatabase, DataSourceProvider } from '../../../../src/datasources/index.js';
import { Task, Tracked } from '../../../../src/index.js';
import {
  type ExecutionRow,
  envelopeOf,
  executionColumns,
  executionView,
  msOf,
  reportOf as reportOfRow,
  type TimeColumn,
} from '../../../../src/plugins/tracking/store/rows.js';
import { errorOf, onBothEngines } from '../../../datasources/support.js';
import {
  attemptRows,
  executionRow,
  failure,
  newId,
  noon,
  openSources,
  pendingOf,
  reportOf,
  rowsOf,
  runOf,
  storeOn,
} from './support.js';

@Task({ code: 'work' })
@Tracked()
class Work {
  run(): void {}
}

@Task({ code: 'forgetful' })
@Tracked({ keepPayload: false, keepResult: false })
class Forgetful {
  run(): void {}
}

onBothEngines('the store of executions', (engine) => {
  let sources: DataSourceProvider;
  const open = () => storeOn(sources.application, Work, Forgetful);
  const row = (id: string) => executionRow(sources.application, id);
  const attempts = (id: string) => attemptRows(sources.application, id);
  const time = (column: unknown) => msOf(column as TimeColumn);

  beforeAll(async () => {
    sources = await openSources(engine);
  });
  afterAll(() => sources.close());

  it('keeps what is dispatched, with its payload and its times to the millisecond', async () => {
    const { store } = open();
    const id = newId();
    const scheduledFor = noon - 500;
    const expiresAt = noon + 60_000;
    await store.pending([
      pendingOf(id, {
        queue: 'reports:high',
        schedule: `s-${id}`,
        scheduledFor,
        expiresAt,
        parent: 'p',
        replayOf: 'r',
        userId: 'u-7',
        unique: { key: 'k', until: noon + 5 },
      }),
    ]);
    const { created_at, available_at, scheduled_for, expires_at, unique_until, ...rest } =
      await row(id);
    expect([created_at, available_at, scheduled_for, expires_at, unique_until].map(time)).toEqual([
      noon,
      noon + 1_000,
      scheduledFor,
      expiresAt,
      noon + 5,
    ]);
    expect(rest).toMatchObject({
      task: 'work',
      status: 'pending',
      queue: 'reports:high',
      priority: 'high',
      payload: '{"n":1}',
      attempts: 0,
      retries: 0,
      crashes: 0,
      fence: 0,
      triggered_by: 'test',
      triggered_by_user_id: 'u-7',
      parent: 'p',
      replay_of: 'r',
      schedule: `s-${id}`,
      unique_key: 'k',
    });
  });

  it('goes from pending over queued and running to success, and keeps result and summary', async () => {
    const { store } = open();
    const id = newId();
    const run = runOf(id);
    await store.pending([pendingOf(id)]);
    expect(await store.begin(run, noon + 2_000)).toEqual({ kind: 'begun' });
    expect(await row(id)).toMatchObject({
      status: 'running',
      worker: 'worker-1',
      attempts: 1,
      fence: run.fence,
    });
    const report = reportOf(run, { result: { rows: 3, password: 'hunter2' } });
    expect(await store.final(run, 'success', report)).toEqual({ kind: 'recorded' });
    const ended = await row(id);
    expect(ended).toMatchObject({
      status: 'success',
      attempts: 1,
      duration_ms: 750,
      result: '{"rows":3,"password":"hunter2"}',
      result_summary: '{"rows":3,"password":"[redacted]"}',
      error_code: null,
      payload: '{"n":1}',
    });
    expect([ended.started_at, ended.completed_at].map(time)).toEqual([noon + 2_000, noon + 2_750]);
    expect(await attempts(id)).toMatchObject([
      {
        attempt: 1,
        outcome: 'success',
        worker: 'worker-1',
        ledger: '{"opened":2,"closed":2,"killed":0,"leaked":0}',
      },
    ]);
    expect(reportOfRow(ended as unknown as ExecutionRow).result).toEqual({
      rows: 3,
      password: 'hunter2',
    });
  });

  it('keeps the error of an attempt that is tried again, and clears that of the execution with success', async () => {
    const { store } = open();
    const id = newId();
    await store.pending([pendingOf(id)]);
    await store.begin(runOf(id), noon);
    await store.retrying(runOf(id), reportOf(runOf(id), { error: failure }), noon + 60_000);
    const waiting = await row(id);
    expect(waiting).toMatchObject({
      status: 'retrying',
      retries: 1,
      crashes: 0,
      error_message: 'it broke',
      completed_at: null,
    });
    expect(time(waiting.next_attempt_at)).toBe(noon + 60_000);
    const second = runOf(id, 2);
    await store.begin(second, noon + 60_000);
    expect(await row(id)).toMatchObject({
      status: 'running',
      attempts: 2,
      crashes: 0,
      next_attempt_at: null,
    });
    await store.final(second, 'success', reportOf(second));
    expect(await row(id)).toMatchObject({
      status: 'success',
      error_code: null,
      error_message: null,
    });
    expect(await attempts(id)).toMatchObject([
      {
        attempt: 1,
        outcome: 'retrying',
        error_code: 'ConnectionError',
        error_stack: failure.stack,
      },
      { attempt: 2, outcome: 'success', error_code: null },
    ]);
    await store.close();
  });

  it('gives the envelope back that was dispatched, and shows the execution', async () => {
    const { store } = open();
    const id = newId();
    const pending = pendingOf(id, {
      queue: 'reports:low',
      attempt: 3,
      crashes: 2,
      schedule: `s-${id}`,
      scheduledFor: noon,
      expiresAt: noon + 9,
      unique: { key: 'k' },
      parent: 'p',
      replayOf: 'r',
      userId: 'u-7',
      payload: ['\u{1f41d}', null, 1.5],
    });
    await store.pending([pending]);
    const [found] = await rowsOf(
      sources.application,
      `SELECT ${executionColumns} FROM execution WHERE id = '${id}'`,
    );
    const dispatched = found as unknown as ExecutionRow;
    expect(envelopeOf(dispatched)).toEqual(pending.envelope);
    expect(executionView(dispatched)).toEqual({
      id,
      task: 'work',
      queue: 'reports:low',
      state: 'pending',
      attempt: 0,
      crashes: 2,
      payload: ['\u{1f41d}', null, 1.5],
      dispatchedAt: noon,
      availableAt: noon + 1_000,
      triggeredBy: 'test',
      tracked: true,
      schedule: `s-${id}`,
      scheduledFor: noon,
      parent: 'p',
      replayOf: 'r',
      userId: 'u-7',
    });
  });

  it('forgets payload and result of a task that says so, when it has ended', async () => {
    const { store } = open();
    const id = newId();
    await store.pending([pendingOf(id, { task: 'forgetful' })]);
    const run = { ...runOf(id), task: 'forgetful' };
    await store.begin(run, noon);
    await store.retrying(run, reportOf(run, { error: failure }), noon);
    expect(await row(id)).toMatchObject({ payload: '{"n":1}' });
    const second = { ...runOf(id, 2), task: 'forgetful' };
    await store.begin(second, noon);
    await store.final(
      second,
      'success',
      reportOf(second, { result: { rows: 3 }, summary: 'three' }),
    );
    expect(await row(id)).toMatchObject({ payload: null, result: null, result_summary: 'three' });
  });

  it('cuts what is longer than its column, and takes secrets out of it', async () => {
    const { store } = open();
    const id = newId();
    await store.pending([pendingOf(id)]);
    const run = runOf(id);
    const secret = 'password=hunter2 ';
    const error = {
      code: 'c'.repeat(500),
      message: secret + 'm'.repeat(5_000),
      stack: secret + 's'.repeat(50_000),
    };
    await store.final(run, 'failed', reportOf(run, { error, summary: '\u{1f41d}'.repeat(900) }));
    const [attempt] = await attempts(id);
    const kept = await row(id);
    const texts = [
      kept.error_code,
      kept.error_message,
      attempt?.error_stack,
      kept.result_summary,
    ].map(String);
    expect(texts.map(({ length }) => length)).toEqual([128, 2_000, 16_000, 1_000]);
    expect(texts.join()).not.toContain('hunter2');
    expect(texts.every((text) => text.endsWith('…'))).toBe(true);
  });

  it('ends what was withdrawn, so that it never begins, and leaves what has begun', async () => {
    const { store } = open();
    const [withdrawn, begun] = [newId(), newId()];
    await store.pending([pendingOf(withdrawn), pendingOf(begun)]);
    await store.begin(runOf(begun), noon);
    await store.withdrawn([withdrawn, begun], failure, noon + 5);
    expect(await row(withdrawn)).toMatchObject({ status: 'cancelled', error_message: 'it broke' });
    expect(await row(begun)).toMatchObject({ status: 'running', error_code: null });
    expect(await store.begin(runOf(withdrawn), noon)).toMatchObject({
      kind: 'final',
      state: 'cancelled',
    });
  });
});

describe('the store of executions, on another engine', () => {
  it('says at its first use that it has no place there', async () => {
    const elsewhere = { name: 'maria', dialect: 'postgres' } as ApplicationDatabase;
    const { store } = storeOn(elsewhere);
    expect(await errorOf(() => store.pending([pendingOf(newId())]))).toMatchObject({
      code: 'SKEP_DATASOURCE_URL',
      message: expect.stringContaining('postgres'),
    });
    await store.close();
  });
});
