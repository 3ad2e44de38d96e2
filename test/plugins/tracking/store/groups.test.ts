// Writing together: each caller gets its own answer, whatever becomes of those it was written with.
import { createConnection } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import {
  ApplicationDatabase,
  ConnectionError,
  type DataSourceProvider,
} from '../../../../src/datasources/index.js';
import { errorOf, onBothEngines } from '../../../datasources/support.js';
import { processList } from '../../../support/mariadb.js';
import { until } from '../../../support/until.js';
import {
  executionRow,
  newId,
  noon,
  openSources,
  patiently,
  pendingOf,
  reportOf,
  rowsOf,
  runOf,
  storeOn,
} from './support.js';

/** Remembers the statements that pass. */
class RememberingDatabase extends ApplicationDatabase {
  readonly statements: string[] = [];
  readonly #inner: ApplicationDatabase;
  constructor(inner: ApplicationDatabase) {
    super();
    this.#inner = inner;
  }
  get name() {
    return this.#inner.name;
  }
  get dialect() {
    return this.#inner.dialect;
  }
  get callerExcludesWriters() {
    return this.#inner.callerExcludesWriters;
  }
  use<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#inner.use((manager) => work(this.#remembering(manager)));
  }
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#inner.transaction((manager) => work(this.#remembering(manager)));
  }
  #remembering(manager: EntityManager): EntityManager {
    const { queryRunner } = manager;
    if (!queryRunner) throw new Error('the manager has no query runner');
    const query = queryRunner.query.bind(queryRunner);
    queryRunner.query = ((...parameters: Parameters<typeof query>) => {
      this.statements.push(`${parameters[0]} ${JSON.stringify(parameters[1])}`);
      return query(...parameters);
    }) as typeof query;
    return manager;
  }
}

onBothEngines('grouped writes', (engine) => {
  let sources: DataSourceProvider;
  const open = () => storeOn(sources.application);
  const row = (id: string) => executionRow(sources.application, id);
  const someIds = (count: number) => Array.from({ length: count }, newId);

  beforeAll(async () => {
    sources = await openSources(engine);
  });
  afterAll(() => sources.close());

  it('gives hundreds of concurrent callers the right answers', async () => {
    const { store } = open();
    const ids = someIds(400);
    await Promise.all(ids.map((id) => store.pending([pendingOf(id)])));
    // Every fourth has ended, every fourth belongs to a later attempt, every fourth is asked for twice.
    await Promise.all(
      ids.map(async (id, index) => {
        if (index % 4 === 0) await store.final(runOf(id), 'cancelled', reportOf(runOf(id)));
        if (index % 4 === 1) await store.begin(runOf(id, 2), noon);
      }),
    );
    const kinds = await Promise.all(
      ids.map(async (id, index) => {
        const run = runOf(id);
        const [first, second] = await Promise.all([
          store.begin(run, noon),
          ...(index % 4 === 2 ? [store.begin(runOf(id, 1, 2), noon)] : []),
        ]);
        const end = await store.final(run, 'success', reportOf(run, { result: index }));
        return [first?.kind, second?.kind, end.kind];
      }),
    );
    const expected = [
      ['final', undefined, 'final'],
      ['superseded', undefined, 'superseded'],
      ['begun', 'begun', 'superseded'],
      ['begun', undefined, 'recorded'],
    ];
    expect(kinds).toEqual(ids.map((_, index) => expected[index % 4]));
    const [third] = ids.slice(3);
    expect(await row(third ?? '')).toMatchObject({ status: 'success', result: '3' });
  });

  it('sends no statement for each of them', async () => {
    const database = new RememberingDatabase(sources.application);
    const { store } = storeOn(database);
    const ids = someIds(300);
    await Promise.all(ids.map((id) => store.pending([pendingOf(id)])));
    await Promise.all(ids.map((id) => store.begin(runOf(id), noon)));
    await Promise.all(ids.map((id) => store.final(runOf(id), 'success', reportOf(runOf(id)))));
    expect(database.statements.length).toBeLessThan(40);
    expect(database.statements.length).toBeGreaterThanOrEqual(3);
  });

  it('refuses what cannot be stored, and nothing beside it', async () => {
    const { store } = open();
    const taken = newId();
    const tick = { schedule: `s-${taken}`, scheduledFor: noon };
    await store.pending([pendingOf(taken, tick)]);
    const ids = someIds(50);
    const results = await Promise.allSettled(
      ids.map((id, index) => store.pending([pendingOf(id, index === 17 ? tick : {})])),
    );
    expect(results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([
      17,
    ]);
    const known = await rowsOf(
      sources.application,
      `SELECT id FROM execution WHERE id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
    );
    expect(known).toHaveLength(49);
  });

  it('leaves an execution as it is that is known already, beside new ones', async () => {
    const { store } = open();
    const [known = '', young = ''] = someIds(2);
    await store.pending([pendingOf(known)]);
    await store.begin(runOf(known), noon);
    await store.pending([pendingOf(known), pendingOf(young)]);
    expect(await row(known)).toMatchObject({ status: 'running' });
    expect(await row(young)).toMatchObject({ status: 'pending' });
  });

  it('records what is queued soon, unless it has begun, and at the latest when it closes', async () => {
    const { store } = open();
    const [waiting = '', begun = '', last = ''] = someIds(3);
    await store.pending([waiting, begun, last].map((id) => pendingOf(id)));
    await store.queued([waiting, begun]);
    await store.begin(runOf(begun), noon);
    await until(async () => (await row(waiting)).status === 'queued');
    expect(await row(begun)).toMatchObject({ status: 'running' });
    await store.queued([last]);
    await store.close();
    expect(await row(last)).toMatchObject({ status: 'queued' });
  });

  it('leaves what has begun when it is told late that it is queued, and writes nothing when it is told early', async () => {
    const database = new RememberingDatabase(sources.application);
    const { store } = storeOn(database);
    const [early = '', late = ''] = someIds(2);
    await store.pending([pendingOf(early), pendingOf(late)]);
    await store.queued([early]);
    await Promise.all([early, late].map((id) => store.begin(runOf(id), noon)));
    const queuing = () => database.statements.filter((sql) => sql.includes("status = 'queued'"));
    expect(queuing()).toEqual([]);
    await store.queued([late]);
    await store.close();
    expect(queuing()).toEqual([expect.stringContaining(late)]);
    expect(queuing().join()).not.toContain(early);
    expect(await row(late)).toMatchObject({ status: 'running' });
  });

  it('takes back what was not queued after all, and nothing that has begun', async () => {
    const { store } = open();
    const [gone = '', begun = ''] = someIds(2);
    await store.pending([pendingOf(gone), pendingOf(begun)]);
    await store.begin(runOf(begun), noon);
    await store.discarded([gone, begun]);
    const left = await rowsOf(
      sources.application,
      `SELECT id FROM execution WHERE id IN ('${gone}', '${begun}')`,
    );
    expect(left).toEqual([{ id: begun }]);
  });

  it('finishes at its close what came before, and refuses what comes after', async () => {
    const { store } = open();
    const ids = someIds(20);
    const writing = Promise.all(ids.map((id) => store.pending([pendingOf(id)])));
    await store.close();
    await writing;
    await store.close();
    const run = runOf(ids[0] ?? '');
    for (const late of [
      () => store.pending([pendingOf(newId())]),
      () => store.queued([newId()]),
      () => store.begin(run, noon),
      () => store.final(run, 'success', reportOf(run)),
    ]) {
      expect(await errorOf(late)).toMatchObject({ code: 'SKEP_STORE_CLOSED' });
    }
  });

  it('keeps texts of any characters', async () => {
    const { store } = open();
    const id = newId();
    const odd = 'half \ud83d, whole \u{1f41d}, "quoted" \\ \'single\' \u0000 end';
    await store.pending([pendingOf(id, { payload: { odd } })]);
    const run = runOf(id);
    await store.begin(run, noon);
    const error = { code: 'Odd', message: odd, stack: odd };
    await store.retrying(run, reportOf(run, { error }), noon);
    const kept = await row(id);
    expect(JSON.parse(String(kept.payload))).toEqual({ odd });
    expect(kept.error_message).toBe(odd.replace('\ud83d,', '\ufffd,').replace('\0', '\ufffd'));
  });

  if (engine.dialect === 'mariadb') {
    it('tells every caller when the connection is killed meanwhile, and succeeds when it is asked again', async () => {
      const { store } = open();
      const ids = someIds(30);
      await store.pending(ids.map((id) => pendingOf(id)));
      const holder = await createConnection({ uri: engine.url() });
      // A row that is locked keeps nobody waiting; a table does.
      await holder.query('LOCK TABLES execution WRITE');
      const begin = () => Promise.allSettled(ids.map((id) => store.begin(runOf(id), noon)));
      const beginning = begin();
      // Other suites may be at work on the same server.
      const own = new URL(engine.url()).pathname.slice(1);
      const waiting = async () =>
        (await processList(engine.url())).find(
          ({ database, statement }) => database === own && statement?.includes('JSON_TABLE'),
        );
      await until(async () => (await waiting()) !== undefined);
      await holder.query(`KILL ${(await waiting())?.id}`);
      const failed = await beginning;
      for (const each of failed) {
        expect(each).toMatchObject({ status: 'rejected', reason: expect.any(ConnectionError) });
      }
      await holder.query('UNLOCK TABLES');
      await holder.end();
      expect(await begin()).toEqual(
        ids.map(() => ({ status: 'fulfilled', value: { kind: 'begun' } })),
      );
    });

    it('keeps nobody waiting for a row that somebody else has locked but those who need it', async () => {
      const { store } = open();
      const ids = someIds(10);
      await store.pending(ids.map((id) => pendingOf(id)));
      const holder = await createConnection({ uri: engine.url() });
      await holder.query('START TRANSACTION');
      await holder.query('SELECT id FROM execution WHERE id = ? FOR UPDATE', [ids[4]]);
      const [locked = '', ...free] = [ids[4], ...ids.filter((id) => id !== ids[4])];
      await patiently(async () => {
        const late = store.begin(runOf(locked), noon);
        const others = await Promise.all(free.map((id) => store.begin(runOf(id ?? ''), noon)));
        expect(others).toEqual(free.map(() => ({ kind: 'begun' })));
        expect((await row(locked)).status).not.toBe('running');
        await holder.query('ROLLBACK');
        await holder.end();
        expect(await late).toEqual({ kind: 'begun' });
      });

      const other = await createConnection({ uri: engine.url() });
      await other.query('START TRANSACTION');
      await other.query('SELECT id FROM execution WHERE id = ? FOR UPDATE', [locked]);
      const given = store.begin(runOf(locked), noon);
      await expect(given).rejects.toThrow('somebody else has locked');
      await other.query('ROLLBACK');
      await other.end();
    });
  }
});
