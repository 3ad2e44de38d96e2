// Which word about a run counts: the rules of the fence, on the rows of both engines.
import type { FinalState } from '../../../../src/core/execution.js';
import { firstFence } from '../../../../src/core/run/fence.js';
import type { DataSourceProvider } from '../../../../src/datasources/index.js';
import { onBothEngines } from '../../../datasources/support.js';
import {
  attemptRows,
  executionRow,
  failure,
  newId,
  noon,
  openSources,
  pendingOf,
  reportOf,
  runOf,
  storeOn,
} from './support.js';

onBothEngines('the fence of runs', (engine) => {
  let sources: DataSourceProvider;
  const open = () => storeOn(sources.application);
  const row = (id: string) => executionRow(sources.application, id);
  const attempts = (id: string) => attemptRows(sources.application, id);

  /** A store with an execution that was begun by each of these runs, one after the other. */
  async function begunBy(...runs: readonly (readonly [attempt: number, run: number])[]) {
    const { store, lines } = open();
    const id = newId();
    await store.pending([pendingOf(id)]);
    for (const [attempt, run] of runs) {
      expect(await store.begin(runOf(id, attempt, run), noon)).toEqual({ kind: 'begun' });
    }
    return { id, store, lines };
  }

  beforeAll(async () => {
    sources = await openSources(engine);
  });
  afterAll(() => sources.close());

  it('refuses what an earlier attempt says late, and changes nothing', async () => {
    const { id, store } = await begunBy([1, 7], [2, 3]);
    const before = await row(id);
    const old = runOf(id, 1, 7);
    const superseded = { kind: 'superseded' };
    expect(await store.final(old, 'success', reportOf(old))).toEqual(superseded);
    expect(await store.retrying(old, reportOf(old), noon)).toEqual(superseded);
    expect(await store.begin(old, noon)).toEqual(superseded);
    await store.returned(old);
    expect(await row(id)).toEqual(before);
    expect(before).toMatchObject({ status: 'running', attempts: 2, fence: runOf(id, 2, 3).fence });
  });

  it('refuses what a run of another task says, and changes nothing: the record is the truth', async () => {
    const { store } = open();
    const id = newId();
    await store.pending([pendingOf(id)]);
    const before = await row(id);
    const forged = { ...runOf(id, 50, 7), task: 'another_task' };
    const foreign = { kind: 'foreign', task: runOf(id, 1, 1).task };
    expect(await store.begin(forged, noon)).toEqual(foreign);
    expect(await store.final(forged, 'success', reportOf(forged))).toEqual(foreign);
    expect(await store.retrying(forged, reportOf(forged), noon)).toEqual(foreign);
    await store.returned(forged);
    expect(await row(id)).toEqual(before);
    expect(await store.begin(runOf(id, 1, 1), noon)).toEqual({ kind: 'begun' });
  });

  it('takes a run that began over a running one for the proof that that one died', async () => {
    const { id } = await begunBy([1, 7], [2, 3]);
    expect(await row(id)).toMatchObject({ crashes: 1, retries: 0 });
    expect(await attempts(id)).toMatchObject([
      { attempt: 1, outcome: 'crashed', worker: 'worker-7', completed_at: null },
    ]);
  });

  it('refuses an earlier run of the same attempt, whichever of their fences is greater', async () => {
    for (const [first, second] of [
      [9, 4],
      [4, 9],
    ] as const) {
      const { id, store } = await begunBy([1, first], [1, second]);
      const old = runOf(id, 1, first);
      const late = await store.final(old, 'failed', reportOf(old, { error: failure }));
      expect(late).toEqual({ kind: 'superseded' });
      const young = runOf(id, 1, second);
      expect(await store.final(young, 'success', reportOf(young))).toEqual({ kind: 'recorded' });
    }
  });

  it('lets the same attempt begin again after it was handed back, and counts it neither as retry nor as crash', async () => {
    const { id, store } = await begunBy([1, 9]);
    await store.returned(runOf(id, 1, 9));
    expect(await row(id)).toMatchObject({
      status: 'queued',
      fence: firstFence(1),
      attempts: 0,
      crashes: 0,
      worker: null,
      started_at: null,
    });
    expect(await store.begin(runOf(id, 1, 2), noon)).toEqual({ kind: 'begun' });
    const again = runOf(id, 1, 2);
    await store.final(again, 'success', reportOf(again));
    expect(await row(id)).toMatchObject({ status: 'success', attempts: 1, retries: 0, crashes: 0 });
    expect(await attempts(id)).toMatchObject([
      { attempt: 1, outcome: 'success' },
      { attempt: 1, outcome: 'returned', worker: 'worker-9' },
    ]);
  });

  it('refuses an earlier attempt that begins while a later one waits', async () => {
    const { id, store } = await begunBy([1, 7], [2, 3]);
    await store.returned(runOf(id, 2, 3));
    const before = await row(id);
    expect(before).toMatchObject({ status: 'queued', fence: firstFence(2) });
    expect(await store.begin(runOf(id, 1, 8), noon)).toEqual({ kind: 'superseded' });
    expect(await row(id)).toEqual(before);
  });

  it('answers a second end, and a beginning after the end, with the end that is on record', async () => {
    const { id, store } = await begunBy([1, 1]);
    const run = runOf(id);
    const report = reportOf(run, { error: failure });
    expect(await store.final(run, 'failed', report)).toEqual({ kind: 'recorded' });
    const ended = {
      kind: 'final',
      state: 'failed' satisfies FinalState,
      report: {
        attempt: 1,
        worker: 'worker-1',
        startedAt: noon + 2_000,
        finishedAt: noon + 2_750,
        error: { code: 'ConnectionError', message: 'it broke' },
      },
    };
    expect(await store.final(run, 'success', reportOf(run))).toMatchObject(ended);
    expect(await store.begin(runOf(id, 2), noon)).toMatchObject(ended);
    expect(await store.retrying(run, report, noon)).toMatchObject(ended);
    expect(await attempts(id)).toHaveLength(1);
  });

  it('records the end of an execution that never began, because its run was refused', async () => {
    const { id, store } = await begunBy();
    const run = runOf(id);
    await store.final(run, 'skipped', reportOf(run, { error: failure }));
    expect(await row(id)).toMatchObject({
      status: 'skipped',
      attempts: 1,
      error_code: 'ConnectionError',
    });
    expect(await store.begin(run, noon)).toMatchObject({ kind: 'final', state: 'skipped' });
  });

  it('records a refusal over a run that died without a word, as the crash of that one', async () => {
    const { id, store } = await begunBy([1, 5]);
    const refused = runOf(id, 2, 1);
    await store.final(refused, 'quarantined', reportOf(refused, { error: failure }));
    expect(await attempts(id)).toMatchObject([{ outcome: 'crashed' }, { outcome: 'quarantined' }]);
  });

  it('counts a retry once whose first answer was lost', async () => {
    const { id, store } = await begunBy([1, 1]);
    const run = runOf(id);
    const report = reportOf(run, { error: failure });
    expect(await store.retrying(run, report, noon)).toEqual({ kind: 'recorded' });
    expect(await store.retrying(run, report, noon)).toEqual({ kind: 'recorded' });
    expect(await row(id)).toMatchObject({ status: 'retrying', retries: 1 });
    expect(await attempts(id)).toHaveLength(1);
  });

  it('lets a run begin twice whose first answer was lost, without a crash', async () => {
    const { id } = await begunBy([1, 1], [1, 1]);
    expect(await row(id)).toMatchObject({ status: 'running', crashes: 0 });
    expect(await attempts(id)).toEqual([]);
  });

  it('keeps crashes and retries apart', async () => {
    const { id, store } = await begunBy([1, 1], [2, 1]);
    const second = runOf(id, 2, 1);
    await store.retrying(second, reportOf(second, { error: failure }), noon);
    await store.begin(runOf(id, 3, 1), noon);
    expect(await row(id)).toMatchObject({ attempts: 3, crashes: 1, retries: 1 });
  });

  it('lets run what is not on record, and says so', async () => {
    const { store, lines } = open();
    const run = runOf(newId());
    expect(await store.begin(run, noon)).toEqual({ kind: 'begun' });
    expect(await store.final(run, 'success', reportOf(run))).toEqual({ kind: 'recorded' });
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'an execution runs that is not on record'],
      ['warn', 'an execution ended that is not on record'],
    ]);
  });
});
