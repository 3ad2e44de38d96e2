// What is recorded in a transaction of the caller: there if and only if that commits.
import type { DataSourceProvider } from '../../../../src/datasources/index.js';
import { errorOf, onBothEngines } from '../../../datasources/support.js';
import {
  attemptRows,
  executionRow,
  newId,
  noon,
  openSources,
  pendingOf,
  reportOf,
  rowsOf,
  runOf,
  storeOn,
} from './support.js';

onBothEngines('a store in a transaction of the caller', (engine) => {
  let sources: DataSourceProvider;
  const open = () => storeOn(sources.application).store;
  const row = (id: string) => executionRow(sources.application, id);
  const count = async (table: string, column: string, id: string) =>
    (await rowsOf(sources.application, `SELECT ${column} FROM ${table} WHERE ${column} = '${id}'`))
      .length;

  /** A store, and a run on record of which it knows. */
  async function begun() {
    const store = open();
    const id = newId();
    const run = runOf(id);
    await store.pending([pendingOf(id)]);
    await store.begin(run, noon);
    return { store, id, run };
  }

  beforeAll(async () => {
    sources = await openSources(engine);
  });
  afterAll(() => sources.close());

  it('records executions and what has them queued, in one statement each, and tells the relay', async () => {
    const store = open();
    const ids = [newId(), newId()];
    const told: string[] = [];
    store.outbox.onDispatched((dispatched) => told.push(...dispatched));
    await sources.application.transaction((manager) =>
      store.pendingWithin(
        manager,
        ids.map((id) => pendingOf(id)),
      ),
    );
    expect(told).toEqual(ids);
    for (const id of ids) {
      expect(await row(id)).toMatchObject({ status: 'pending' });
      expect(await count('execution_outbox', 'execution_id', id)).toBe(1);
    }
  });

  it('records more than the server takes in one statement, together and at the same time', async () => {
    const store = open();
    // 18 MB, and MariaDB takes 16 MiB as shipped; of SQLite it is only asked that they are all there.
    const length = engine.dialect === 'mariadb' ? 30 : 10;
    const large = () =>
      Array.from({ length }, () => pendingOf(newId(), { payload: 'x'.repeat(600_000) }));
    const [apart, together, within] = [large(), large(), large()];
    await Promise.all(apart.map((each) => store.pending([each])));
    await store.pending(together);
    await sources.application.transaction((manager) => store.pendingWithin(manager, within));
    for (const { envelope } of [...apart, ...together, ...within]) {
      expect(await count('execution', 'id', envelope.id)).toBe(1);
    }
    expect(await count('execution_outbox', 'execution_id', within.at(-1)?.envelope.id ?? '')).toBe(
      1,
    );
    const ids = [...apart, ...together, ...within].map(({ envelope }) => `'${envelope.id}'`).join();
    await rowsOf(
      sources.application,
      `DELETE FROM execution_outbox WHERE execution_id IN (${ids})`,
    );
    await rowsOf(sources.application, `DELETE FROM execution WHERE id IN (${ids})`);
  });

  it('leaves nothing of them when it rolls back', async () => {
    const store = open();
    const id = newId();
    const rolledBack = sources.application.transaction(async (manager) => {
      await store.pendingWithin(manager, [pendingOf(id)]);
      throw new Error('after all not');
    });
    await expect(rolledBack).rejects.toThrow('after all not');
    expect(await count('execution', 'id', id)).toBe(0);
    expect(await count('execution_outbox', 'execution_id', id)).toBe(0);
  });

  it('says when the tick of a schedule is on record already', async () => {
    const store = open();
    const tick = { schedule: `s-${newId()}`, scheduledFor: noon };
    const fire = (id: string) =>
      sources.application.transaction((manager) =>
        store.pendingWithin(manager, [pendingOf(id, tick)]),
      );
    await fire(newId());
    const second = newId();
    await expect(fire(second)).rejects.toThrow(/duplicate|unique/i);
    expect(await count('execution', 'id', second)).toBe(0);
  });

  it('completes an execution with the effects of its run', async () => {
    const { store, id, run } = await begun();
    const report = reportOf(run, { result: { rows: 1 }, summary: '1 row' });
    await sources.application.transaction((manager) => store.complete(run, manager, report));
    expect(await row(id)).toMatchObject({
      status: 'success',
      result: '{"rows":1}',
      result_summary: '1 row',
    });
    expect(await attemptRows(sources.application, id)).toMatchObject([{ outcome: 'success' }]);
    const end = await store.final(
      run,
      'failed',
      reportOf(run, { error: { code: 'X', message: 'late' } }),
    );
    expect(end).toMatchObject({
      kind: 'final',
      state: 'success',
      report: { result: { rows: 1 }, summary: '1 row' },
    });
    expect(await store.begin(runOf(id, 2), noon)).toMatchObject({
      kind: 'final',
      state: 'success',
    });
  });

  it('has the account of its connections at the end of the run, not of the moment when it was completed', async () => {
    const { store, id, run } = await begun();
    const ledger = (closed: number) => ({ ledger: { opened: 2, closed, killed: 0, leaked: 0 } });
    const written = async () => {
      const [attempt] = await attemptRows(sources.application, id);
      return JSON.parse(String(attempt?.ledger));
    };
    await sources.application.transaction((manager) =>
      store.complete(run, manager, reportOf(run, ledger(1))),
    );
    expect(await written()).toMatchObject({ opened: 2, closed: 1 });
    const stale = { ...run, fence: run.fence - 1 };
    await store.final(stale, 'success', reportOf(stale, ledger(0)));
    expect(await written()).toMatchObject({ closed: 1 });
    await store.final(run, 'success', reportOf(run, ledger(2)));
    expect(await written()).toMatchObject({ opened: 2, closed: 2 });
  });

  it('does not complete it when they are rolled back', async () => {
    const { store, id, run } = await begun();
    const rolledBack = sources.application.transaction(async (manager) => {
      await store.complete(run, manager, reportOf(run));
      throw new Error('after all not');
    });
    await expect(rolledBack).rejects.toThrow('after all not');
    expect(await row(id)).toMatchObject({ status: 'running' });
    expect(await attemptRows(sources.application, id)).toEqual([]);
  });

  it('refuses to complete what has ended, belongs to another run, or is not on record', async () => {
    const store = open();
    const [ended, taken, unknown] = [newId(), newId(), newId()];
    await store.pending([pendingOf(ended), pendingOf(taken)]);
    await store.final(runOf(ended), 'cancelled', reportOf(runOf(ended)));
    await store.begin(runOf(taken), noon);
    await store.begin(runOf(taken, 2), noon);
    for (const id of [ended, taken, unknown]) {
      const run = runOf(id);
      const completing = () =>
        sources.application.transaction((manager) => store.complete(run, manager, reportOf(run)));
      expect(await errorOf(completing)).toMatchObject({ code: 'SKEP_STALE_ATTEMPT' });
    }
    expect(await row(taken)).toMatchObject({ status: 'running', attempts: 2 });
  });

  it('refuses a manager that is in no transaction', async () => {
    const { store, id, run } = await begun();
    await sources.application.use(async (manager) => {
      const code = 'SKEP_NO_TRANSACTION';
      expect(await errorOf(() => store.complete(run, manager, reportOf(run)))).toMatchObject({
        code,
      });
      expect(await errorOf(() => store.pendingWithin(manager, [pendingOf(newId())]))).toMatchObject(
        { code },
      );
    });
    expect(await row(id)).toMatchObject({ status: 'running' });
  });
});
