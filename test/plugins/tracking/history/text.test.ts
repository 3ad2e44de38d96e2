// Finding executions by their words: those that are indexed, those that are not yet, and those that end later.
import type { ApplicationDatabase } from '../../../../src/datasources/index.js';
import type { SqlHistory } from '../../../../src/plugins/tracking/history/sql-history.js';
import { blockSize } from '../../../../src/plugins/tracking/history/text/block.js';
import { Indexing } from '../../../../src/plugins/tracking/history/text/indexing.js';
import { StoreDatabase } from '../../../../src/plugins/tracking/store/store-database.js';
import { onBothEngines } from '../../../datasources/support.js';
import { rowsOf } from '../store/support.js';
import { clear, manyRows, openTables, type PlainRow, paged } from './support.js';

onBothEngines('the index of words', (engine) => {
  let opened: Awaited<ReturnType<typeof openTables>>;
  let history: SqlHistory;
  let database: ApplicationDatabase;
  let now = 1_000_000;
  beforeAll(async () => {
    opened = await openTables(engine);
    ({ history, database } = opened);
  });
  afterEach(() => clear(database));
  afterAll(async () => {
    await opened.store.close();
    await opened.provider.close();
  });

  const indexing = (keepsPayload = true): Indexing =>
    new Indexing({
      database: new StoreDatabase(database),
      keepsPayload: () => keepsPayload,
      now: () => now,
    });

  /** Until there is nothing to do at this time. */
  async function indexAll(by = indexing()): Promise<number> {
    let steps = 0;
    while (await by.step()) steps += 1;
    return steps;
  }

  const texts = (index: number): PlainRow => ({
    payload: JSON.stringify({ n: index, group: `g${index % 7}`, note: 'Straße\nZürich' }),
    ...(index % 500 === 0
      ? { status: 'failed', error: `connect ECONNREFUSED 10.0.0.${index % 3}` }
      : {}),
  });

  test('gives what looking at every row would give, before and after', async () => {
    await manyRows(database, 2 * blockSize + 900, texts);
    const searches = [
      'g3',
      'econnrefused',
      'ECONNREFUSED g1',
      'zürich',
      '4321',
      'g1 g2',
      'nothing',
    ];
    const all = Array.from({ length: 2 * blockSize + 900 }, (_, index) => index);
    const wordsOf = all.map((index) => {
      const { payload, error } = texts(index);
      const known = `${payload} ${error ?? ''}`.toLowerCase().replaceAll('\\n', ' ');
      return new Set(known.split(/[^\p{L}\p{N}]+/u));
    });
    const having = (search: string): number => {
      const wanted = search.toLowerCase().split(' ');
      return wordsOf.filter((words) => wanted.every((word) => words.has(word))).length;
    };
    for (const search of searches)
      expect([search, await history.count({ text: search })]).toEqual([search, having(search)]);
    expect(await indexAll()).toBe(2);
    for (const search of searches) {
      expect([search, await history.count({ text: search })]).toEqual([search, having(search)]);
    }
    // Newest first, and each once, over what is indexed and what is not.
    const inOrder = await paged(history, {}, 5_000);
    const found = await paged(history, { text: 'g3' }, 333);
    const numberOf = new Map(inOrder.map((id, number) => [id, number]));
    const numbers = found.map((id) => numberOf.get(id) ?? -1);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(found).size).toBe(having('g3'));
    // Beside another filter: a word of all rows leaves out none of those, and a rarer one some.
    const failed = await paged(history, { states: ['failed'] }, 100);
    expect(failed.length).toBe(all.filter((index) => index % 500 === 0).length);
    expect(await paged(history, { states: ['failed'], text: 'zürich' }, 3)).toEqual(failed);
    const some = await paged(history, { states: ['failed'], text: 'zürich g1' }, 3);
    expect(some).toEqual(failed.filter((id) => some.includes(id)));
    expect(some.length).toBe(all.filter((index) => index % 500 === 0 && index % 7 === 1).length);
  });

  test('adds the error of an execution that ends after it was indexed', async () => {
    await manyRows(database, 2 * blockSize, (index) => ({
      status: index === 10 ? 'running' : 'success',
      payload: '{"word":"early"}',
    }));
    await indexAll();
    const count = () => history.count({ text: 'surprising early' });
    expect(await count()).toBe(0);
    const end = `UPDATE execution SET status = 'failed', completed_at = created_at, error_code = 'Error', error_message = 'surprising'
      WHERE status = 'running'`;
    await database.use((manager) => manager.query(end));
    // At once, by looking at the row, and later by the index.
    expect(await count()).toBe(1);
    expect(await indexAll()).toBe(0);
    now += 120_000;
    expect(await indexAll()).toBeGreaterThan(0);
    expect(
      await rowsOf(database, "SELECT part FROM execution_word WHERE word = 'surprising'"),
    ).toEqual([{ part: 1 }]);
    expect(
      await rowsOf(database, "SELECT part FROM execution_word WHERE word = 'early' AND part > 0"),
    ).toEqual([]);
    expect(await count()).toBe(1);
  });

  test('indexes no payload that will not be kept', async () => {
    await manyRows(database, blockSize + 10, (index) => ({
      status: index < 5 ? 'running' : 'success',
      payload: index < 5 ? '{"word":"confidential"}' : null,
    }));
    await indexAll(indexing(false));
    expect(
      await rowsOf(database, "SELECT * FROM execution_word WHERE word = 'confidential'"),
    ).toEqual([]);
    // While it is there it is found.
    expect(await history.count({ text: 'confidential' })).toBe(5);
  });

  test('two at the same block spoil nothing', async () => {
    await manyRows(database, 2 * blockSize, texts);
    const expected = await history.count({ text: 'g3' });
    const [one, other] = [indexing(), indexing()];
    await Promise.all([indexAll(one), indexAll(other)]);
    expect(await rowsOf(database, 'SELECT DISTINCT part FROM execution_word')).toEqual([
      { part: 0 },
    ]);
    expect(await history.count({ text: 'g3' })).toBe(expected);
  });

  test('forgets the words of blocks whose executions are all gone', async () => {
    const first = await manyRows(database, 2 * blockSize, texts);
    await indexAll();
    const before = await history.count({ text: 'g3' });
    const border = (Math.floor(first / blockSize) + 1) * blockSize;
    await database.use((manager) =>
      manager.query(`DELETE FROM execution WHERE seq < ${border + 5}`),
    );
    expect(await history.count({ text: 'g3' })).toBeLessThan(before);
    const blocks = async () =>
      (await rowsOf(database, 'SELECT DISTINCT block FROM execution_word')).length;
    const had = await blocks();
    await indexing().removeEmpty();
    expect(await blocks()).toBe(had - 1);
    const lowest = await rowsOf(database, 'SELECT MIN(block) AS b FROM execution_word');
    expect(Number(lowest[0]?.b) * blockSize).toBe(border);
  });
});
