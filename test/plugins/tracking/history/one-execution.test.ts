// One execution: all that is known of it, and the end of one that waits.
import type { SqlHistory } from '../../../../src/plugins/tracking/history/sql-history.js';
import type { SqlExecutionStore } from '../../../../src/plugins/tracking/store/sql-execution-store.js';
import { onBothEngines } from '../../../datasources/support.js';
import {
  failure,
  newId,
  noon,
  patiently,
  pendingOf,
  reportOf,
  rowsOf,
  runOf,
} from '../store/support.js';
import { clear, openTables, recorded } from './support.js';

onBothEngines('one execution', (engine) => {
  let opened: Awaited<ReturnType<typeof openTables>>;
  let history: SqlHistory;
  let store: SqlExecutionStore;
  beforeAll(async () => {
    opened = await openTables(engine);
    ({ history, store } = opened);
  });
  afterEach(() => clear(opened.database));
  afterAll(async () => {
    await store.close();
    await opened.provider.close();
  });

  const cancelled = {
    ...reportOf(runOf('', 0)),
    finishedAt: noon + 5_000,
    error: { code: 'SKEP_CANCELLED', message: 'cancelled' },
  };

  test('is found with its attempts, the first one first', async () => {
    const id = newId();
    await store.pending([pendingOf(id, { parent: 'p-1', replayOf: 'r-1', payload: { n: [1] } })]);
    const [first, second] = [runOf(id, 1), runOf(id, 2, 2)];
    await store.begin(first, noon + 2_000);
    await store.retrying(first, { ...reportOf(first), error: failure }, noon + 60_000);
    await store.begin(second, noon + 60_000);
    await store.final(second, 'success', {
      ...reportOf(second),
      result: { rows: 3 },
      summary: '3 rows',
    });
    expect(await history.find(id)).toMatchObject({
      id,
      state: 'success',
      attempt: 2,
      payload: { n: [1] },
      result: { rows: 3 },
      summary: '3 rows',
      parent: 'p-1',
      replayOf: 'r-1',
      tracked: true,
      ledger: { opened: 2, closed: 2, killed: 0, leaked: 0 },
      attempts: [
        { attempt: 1, worker: 'worker-1', outcome: 'retrying', error: failure },
        { attempt: 2, worker: 'worker-2', outcome: 'success' },
      ],
    });
    expect(await history.find(id)).not.toHaveProperty('error');
    expect(await history.find('nope')).toBeUndefined();
  });

  test('its envelope is what was dispatched, and has no payload when that was not kept', async () => {
    const id = await recorded(store, {
      payload: { n: 7 },
      schedule: 'nightly',
      scheduledFor: noon,
    });
    expect(await history.envelope(id)).toMatchObject({
      id,
      task: 'work',
      payload: { n: 7 },
      schedule: 'nightly',
      scheduledFor: noon,
      tracked: true,
    });
    const forget = `UPDATE execution SET payload = NULL WHERE id = '${id}'`;
    await opened.database.use((manager) => manager.query(forget));
    expect((await history.envelope(id))?.payload).toBeUndefined();
    expect(await history.envelope('nope')).toBeUndefined();
  });

  test('what waits is cancelled, once, and nobody begins it', async () => {
    const id = await recorded(store);
    expect(await history.cancelWaiting(id, cancelled)).toBe('cancelled');
    expect(await history.cancelWaiting(id, cancelled)).toBe('final');
    expect(await history.find(id)).toMatchObject({
      state: 'cancelled',
      finishedAt: noon + 5_000,
      error: { code: 'SKEP_CANCELLED' },
    });
    expect(await store.begin(runOf(id), noon)).toMatchObject({ kind: 'final', state: 'cancelled' });
    expect(await history.cancelWaiting('nope', cancelled)).toBe('unknown');
  });

  test('what is to be tried again is cancelled, what runs is left alone', async () => {
    const [retrying, running] = [await recorded(store), await recorded(store)];
    await store.begin(runOf(retrying), noon);
    await store.retrying(runOf(retrying), { ...reportOf(runOf(retrying)), error: failure }, noon);
    await store.begin(runOf(running), noon);
    expect(await history.cancelWaiting(retrying, cancelled)).toBe('cancelled');
    expect(await history.find(retrying)).toMatchObject({ state: 'cancelled', attempt: 1 });
    expect(await history.find(retrying)).not.toHaveProperty('nextAttemptAt');
    expect(await history.cancelWaiting(running, cancelled)).toBe('running');
    expect(await history.find(running)).toMatchObject({ state: 'running' });
  });

  test('one that was dispatched in a transaction leaves the outbox too', async () => {
    const [id, other] = [newId(), newId()];
    await opened.database.transaction((manager) =>
      store.pendingWithin(manager, [pendingOf(id), pendingOf(other)]),
    );
    expect(await history.cancelWaiting(id, cancelled)).toBe('cancelled');
    const left = await rowsOf(opened.database, 'SELECT execution_id FROM execution_outbox');
    expect(left).toMatchObject([{ execution_id: other }]);
  });

  test('of a beginning and a cancelling at one time, one wins', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await recorded(store);
      const [beginning, cancelling] = await patiently(() =>
        Promise.all([store.begin(runOf(id), noon), history.cancelWaiting(id, cancelled)]),
      );
      const won = beginning.kind === 'begun' ? 'running' : 'cancelled';
      expect([beginning.kind, cancelling]).toEqual(
        won === 'running' ? ['begun', 'running'] : ['final', 'cancelled'],
      );
      expect(await history.find(id)).toMatchObject({ state: won });
    }
  });
});
