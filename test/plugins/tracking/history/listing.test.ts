// Lists of executions: every filter, alone and together, and paging by key.
import type { HistoryFilter } from '../../../../src/core/ports/execution-history.js';
import type { SqlHistory } from '../../../../src/plugins/tracking/history/sql-history.js';
import type { SqlExecutionStore } from '../../../../src/plugins/tracking/store/sql-execution-store.js';
import { errorOf, onBothEngines } from '../../../datasources/support.js';
import { noon } from '../store/support.js';
import { clear, openTables, paged, recorded } from './support.js';

onBothEngines('lists of executions', (engine) => {
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

  const ids = async (filter: HistoryFilter): Promise<string[]> =>
    (await history.list({ ...filter, limit: 100 })).map(({ id }) => id);

  /** One of each kind, in the order of dispatch, a minute apart. */
  async function some() {
    const at = (minute: number): number => noon + minute * 60_000;
    const failed = await recorded(store, { dispatchedAt: at(0), task: 'mail' }, 'failed');
    const nightly = await recorded(
      store,
      { dispatchedAt: at(1), schedule: 'nightly', scheduledFor: at(1) },
      'success',
    );
    const urgent = await recorded(store, { dispatchedAt: at(2), queue: 'mail:high' }, 'success', 2);
    const timedOut = await recorded(store, { dispatchedAt: at(3), queue: 'mail' }, 'timed_out');
    const waiting = await recorded(store, { dispatchedAt: at(4) });
    return { at, failed, nightly, urgent, timedOut, waiting };
  }

  test('newest first, without a filter', async () => {
    const { failed, nightly, urgent, timedOut, waiting } = await some();
    expect(await ids({})).toEqual([waiting, timedOut, urgent, nightly, failed]);
    expect(await history.count({})).toBe(5);
  });

  test('each filter by itself, counted alike', async () => {
    const { at, failed, nightly, urgent, timedOut, waiting } = await some();
    const cases: [HistoryFilter, string[]][] = [
      [{ states: ['failed'] }, [failed]],
      [{ states: ['success', 'failed', 'pending'] }, [waiting, urgent, nightly, failed]],
      [{ states: ['cancelled'] }, []],
      [{ task: 'mail' }, [failed]],
      [{ queue: 'mail' }, [timedOut, urgent]],
      [{ queue: 'mail:high' }, [urgent]],
      [{ worker: 'worker-2' }, [urgent]],
      [{ schedule: 'nightly' }, [nightly]],
      [{ since: at(3) }, [waiting, timedOut]],
      [{ until: at(1) }, [failed]],
      [{ since: at(1), until: at(3) }, [urgent, nightly]],
      [{ text: 'broke' }, [timedOut, failed]],
    ];
    for (const [filter, expected] of cases) {
      expect([filter, await ids(filter)]).toEqual([filter, expected]);
      expect([filter, await history.count(filter)]).toEqual([filter, expected.length]);
    }
  });

  test('filters together are all to fit', async () => {
    const { at, failed, nightly, urgent, timedOut } = await some();
    const cases: [HistoryFilter, string[]][] = [
      [{ states: ['failed', 'timed_out'], queue: 'mail' }, [timedOut]],
      [{ task: 'mail', states: ['success'] }, []],
      [{ worker: 'worker-1', until: at(3) }, [nightly, failed]],
      [{ states: ['success'], since: at(2) }, [urgent]],
      [{ text: 'broke', task: 'mail' }, [failed]],
      [{ text: 'broke', since: at(1) }, [timedOut]],
    ];
    for (const [filter, expected] of cases) {
      expect([filter, await ids(filter)]).toEqual([filter, expected]);
      expect([filter, await history.count(filter)]).toEqual([filter, expected.length]);
    }
  });

  test('pages by key hold every execution once, whatever the filter', async () => {
    for (let n = 0; n < 12; n += 1) {
      // Some at the very same time.
      const dispatchedAt = noon + Math.floor(n / 4);
      await recorded(store, { dispatchedAt }, n % 3 === 0 ? 'failed' : 'success');
    }
    const all = await ids({});
    expect(all).toHaveLength(12);
    for (const filter of [
      {},
      { task: 'work' },
      { states: ['failed', 'success'] },
      { since: noon, until: noon + 1_000 },
      { task: 'work', until: noon + 1_000 },
      { text: 'work' },
    ] as HistoryFilter[]) {
      expect([filter, await paged(history, filter, 5)]).toEqual([filter, all]);
    }
  });

  test('a brief page has no payload, and of a long result its size alone', async () => {
    const short = await recorded(store, { payload: { secret: 'x'.repeat(10_000) } }, 'success');
    const long = await recorded(store, { dispatchedAt: noon + 5 }, 'success');
    const summarised = await recorded(store, { dispatchedAt: noon + 10 }, 'success');
    const failed = await recorded(store, { dispatchedAt: noon + 15 }, 'failed');
    const result = JSON.stringify('r'.repeat(8_190));
    await opened.database.use(async (manager) => {
      const update = 'UPDATE execution SET result = ?, result_summary = ? WHERE id = ?';
      await manager.query(update, [result, null, long]);
      await manager.query(update, [result, 'its own line', summarised]);
    });
    const brief = await history.list({ limit: 10, brief: true });
    expect(brief).toMatchObject([
      { id: failed, payload: null, error: { message: expect.any(String) } },
      { id: summarised, payload: null, summary: 'its own line' },
      { id: long, payload: null, summary: 'a result of 8 KiB' },
      { id: short, payload: null, result: { done: true } },
    ]);
    for (const index of [1, 2]) expect(brief[index]).not.toHaveProperty('result');
    const [, , whole, other] = await history.list({ limit: 10 });
    expect(whole?.result).toBe('r'.repeat(8_190));
    expect(other?.payload).toEqual({ secret: 'x'.repeat(10_000) });
    // The words of a search are found in the payload.
    expect(await history.list({ limit: 9, brief: true, text: 'secret' })).toMatchObject([
      { id: short },
    ]);
  });

  test('a text of a thousand words is searched for like any other', async () => {
    const words = Array.from({ length: 1_000 }, (_, index) => `w${index}`);
    const all = await recorded(store, { payload: { words: words.slice(0, 100).join(' ') } });
    expect(await ids({ text: words.slice(0, 100).join(' ') })).toEqual([all]);
    expect(await ids({ text: words.join(' ') })).toEqual([]);
  });

  test('an id that is not on record is an error, and so is a text without a word', async () => {
    await some();
    const filters = [{}, { since: noon }, { text: 'broke' }];
    for (const filter of filters) {
      const list = () => history.list({ ...filter, before: 'nope', limit: 1 });
      expect(await errorOf(list)).toMatchObject({ code: 'SKEP_EXECUTION_UNKNOWN' });
    }
    expect(await errorOf(() => history.list({ text: '--', limit: 1 }))).toMatchObject({
      code: 'SKEP_USAGE',
    });
  });
});
