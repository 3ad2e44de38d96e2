// Executions as people manage them, over the real embedded queue and a real record, and over a queue alone.
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import type { ExecutionView } from '../../src/core/execution.js';
import { Executions } from '../../src/core/executions/executions.js';
import { finalWait } from '../../src/core/executions/final-wait.js';
import { followExecutions } from '../../src/core/executions/follow.js';
import type { HistoryFilter } from '../../src/core/ports/execution-history.js';
import { systemSeams } from '../../src/core/seams.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { SqlHistory } from '../../src/plugins/tracking/history/sql-history.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { SqlExecutionStore } from '../../src/plugins/tracking/store/sql-execution-store.js';
import { errorOf } from '../datasources/support.js';
import { openTables } from '../plugins/tracking/history/support.js';
import { reportOf, runOf } from '../plugins/tracking/store/support.js';
import { final } from '../support/executions.js';
import { registryOf, rememberingLogger } from '../support/harness.js';
import { Inbox } from '../support/inbox.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';
import { PlainTask, TrackedTask } from '../support/tracked-and-plain.js';
import { until } from '../support/until.js';

let folder: TempFolder;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  folder[Symbol.dispose]();
});

const seams = systemSeams;
const { logger } = rememberingLogger();

async function openQueue(dataDir = folder.path): Promise<EmbeddedBroker> {
  const broker = new EmbeddedBroker({ dataDir, logger, seams, worker: 'w' });
  await broker.open();
  closing.push(() => broker.close());
  return broker;
}

async function openRecord() {
  const { provider, database } = await openTables({ url: () => `sqlite:${folder.path}/maria.db` });
  const registry = registryOf(TrackedTask, PlainTask);
  const history = new SqlHistory(database);
  const store = new SqlExecutionStore({ database, history, registry, logger, seams });
  closing.push(
    () => provider.close(),
    () => store.close(),
  );
  return { store, database };
}

/** @param store undefined where nothing is on record. */
function manage(broker: EmbeddedBroker, store: SqlExecutionStore | undefined) {
  const dispatcher = new BrokerDispatcher({
    registry: registryOf(TrackedTask, PlainTask),
    broker,
    waitForFinal: finalWait(broker, store),
    tracker: store ?? new MemoryTracker(),
    logger,
    seams,
    payloadLimitBytes: 1_000,
  });
  const executions = new Executions({ broker, store, dispatcher, seams, worker: 'w' });
  const dispatch = async (code: string, payload = 0): Promise<string> =>
    (await dispatcher.dispatch(code, { n: payload })).id;
  return { executions, dispatch, dispatcher };
}

const idsOf = (views: readonly ExecutionView[]): string[] => views.map(({ id }) => id);

describe('executions that only a queue knows of', () => {
  test('are listed by what a queue can tell', async () => {
    const broker = await openQueue();
    const { executions, dispatch, dispatcher } = manage(broker, undefined);
    const [first, second, third] = [
      await dispatch('plain'),
      await dispatch('tracked'),
      await dispatch('plain'),
    ];
    await executions.cancel(first);
    expect(idsOf(await executions.list({ limit: 10 }))).toEqual([third, second, first]);
    expect(idsOf(await executions.list({ task: 'tracked', limit: 10 }))).toEqual([second]);
    expect(idsOf(await executions.list({ limit: 1, before: third }))).toEqual([second]);
    const either = await executions.list({ states: ['queued', 'cancelled'], limit: 2 });
    expect(idsOf(either)).toEqual([third, second]);
    expect(await executions.count({ states: ['queued'] })).toBe(2);
    const urgent = await dispatcher.dispatch('plain', null, { priority: 'high' });
    expect(idsOf(await executions.list({ queue: 'default', limit: 2 }))).toEqual([
      urgent.id,
      third,
    ]);
    expect(await executions.count({ queue: 'default:high' })).toBe(1);
    expect(await executions.count({})).toBe(4);
    expect(await executions.find(second)).toMatchObject({ id: second, tracked: true });
  });

  test('what only a record can answer is an error that names the plugin, and so is an unknown id', async () => {
    const { executions } = manage(await openQueue(), undefined);
    for (const filter of [
      { text: 'x' },
      { worker: 'w' },
      { schedule: 's' },
      { since: 1 },
      { until: 1 },
    ]) {
      const error = await errorOf(() => executions.list({ ...filter, limit: 1 }));
      expect(error).toMatchObject({
        code: 'SKEP_NOT_TRACKING',
        message: expect.stringContaining(String(Object.keys(filter)[0])),
        remedy: expect.stringContaining('skep/plugins/tracking'),
      });
      expect(await errorOf(() => executions.count(filter))).toMatchObject({
        code: 'SKEP_NOT_TRACKING',
      });
    }
    const beyond = () => executions.list({ before: 'nope', limit: 1 });
    expect(await errorOf(beyond)).toMatchObject({ code: 'SKEP_EXECUTION_UNKNOWN' });
  });

  test('are replayed with what they were', async () => {
    const broker = await openQueue();
    const { executions, dispatch } = manage(broker, undefined);
    const id = await dispatch('plain', 7);
    const again = await executions.replay(id);
    expect(again.id).not.toBe(id);
    expect(await broker.find(again.id)).toMatchObject({ payload: { n: 7 }, triggeredBy: 'replay' });
    const other = await executions.replay(id, null);
    expect(await broker.find(other.id)).toMatchObject({ payload: null });
    expect(await errorOf(() => executions.replay('nope'))).toMatchObject({
      code: 'SKEP_EXECUTION_UNKNOWN',
    });
  });
});

describe('executions on record', () => {
  test('are listed once, among those that only the queue knows of, and paged with them', async () => {
    const { store } = await openRecord();
    const { executions, dispatch } = manage(await openQueue(), store);
    const ids: string[] = [];
    for (let n = 0; n < 9; n += 1) ids.unshift(await dispatch(n % 3 === 0 ? 'plain' : 'tracked'));
    expect(idsOf(await executions.list({ limit: 100 }))).toEqual(ids);
    const paged: string[] = [];
    for (let page = 0; page < 5; page += 1) {
      paged.push(...idsOf(await executions.list({ limit: 2, before: paged.at(-1) })));
    }
    expect(paged).toEqual(ids);
    expect(await executions.count({})).toBe(9);
    expect(await executions.count({ task: 'tracked' })).toBe(6);
    expect(idsOf(await executions.list({ text: 'tracked', limit: 100 }))).toHaveLength(6);
  });

  test('what the record says of them counts', async () => {
    const { store } = await openRecord();
    const { executions, dispatch } = manage(await openQueue(), store);
    const id = await dispatch('tracked');
    const run = { ...runOf(id), task: 'tracked' };
    await store.begin(run, 1);
    await store.final(run, 'success', { ...reportOf(run), result: 'recorded' });
    expect(await executions.find(id)).toMatchObject({
      state: 'success',
      attempts: [{ attempt: 1 }],
    });
    expect(await executions.list({ limit: 1 })).toMatchObject([{ id, state: 'success' }]);
    expect(await executions.waitForFinal(id)).toMatchObject({ result: 'recorded' });
  });

  test('the wait ends with the record, though the queue knows nothing of the execution', async () => {
    const { store } = await openRecord();
    const { executions } = manage(await openQueue(), store);
    const id = 'lost-by-its-queue';
    await store.pending([
      {
        envelope: {
          v: 1,
          id,
          task: 'tracked',
          queue: 'default',
          payload: 1,
          attempt: 1,
          dispatchedAt: 1,
          triggeredBy: 't',
          tracked: true,
        },
        availableAt: 1,
      },
    ]);
    const waiting = executions.waitForFinal(id);
    const run = { ...runOf(id), task: 'tracked' };
    await store.begin(run, 1);
    await store.final(run, 'failed', reportOf(run));
    expect(await waiting).toMatchObject({ state: 'failed' });
    const gone = new AbortController();
    const endless = executions.waitForFinal((await executions.replay(id)).id, gone.signal);
    gone.abort(new Error('enough'));
    expect((await errorOf(() => endless)).message).toBe('enough');
  });

  test('the wait outlives a record that is out of reach for a while, and asks no more often than it must', async () => {
    const { store } = await openRecord();
    const broker = await openQueue();
    const { dispatch } = manage(broker, store);
    const id = await dispatch('tracked');
    const looks: number[] = [];
    const shaky = {
      history: {
        ...store.history,
        find: async (which: string) => {
          looks.push(performance.now());
          if (looks.length === 2) throw new Error('out of reach');
          // Recorded long after the queue has told of the end.
          if (looks.length === 6) await store.final(run, 'success', reportOf(run));
          return store.history.find(which);
        },
      } as typeof store.history,
    };
    const run = { ...runOf(id), task: 'tracked' };
    await store.begin(run, 1);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    await (await inbox.next()).settle(final());
    const waiting = finalWait(broker, shaky)(id);
    expect(await waiting).toMatchObject({ id, state: 'success' });
    expect(looks).toHaveLength(6);
    expect((looks.at(-1) ?? 0) - (looks[0] ?? 0)).toBeGreaterThan(1_500);
    const broken = { history: { find: () => Promise.reject(new Error('never there')) } as never };
    expect((await errorOf(() => finalWait(broker, broken)(id))).message).toBe('never there');
  });

  test('what waits is cancelled in record and queue; what runs is told through the queue', async () => {
    const { store } = await openRecord();
    const broker = await openQueue();
    const { executions, dispatch } = manage(broker, store);
    const waiting = await dispatch('tracked');
    expect(await executions.cancel(waiting)).toBe('cancelled');
    expect(await broker.find(waiting)).toMatchObject({ state: 'cancelled' });
    expect(await executions.find(waiting)).toMatchObject({ state: 'cancelled', attempts: [] });
    expect(await executions.cancel(waiting)).toBe('final');

    const running = await dispatch('tracked');
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    const delivery = await inbox.next();
    await store.begin({ ...runOf(running), task: 'tracked' }, 1);
    expect(await executions.cancel(running)).toBe('requested');
    await delivery.settle(final('cancelled'));
    expect(await errorOf(() => executions.cancel('nope'))).toMatchObject({
      code: 'SKEP_EXECUTION_UNKNOWN',
    });
    const lost = await dispatch('tracked');
    await store.begin({ ...runOf(lost), task: 'tracked' }, 1);
    const emptied = manage(await openQueue(`${folder.path}/emptied`), store).executions;
    expect(await errorOf(() => emptied.cancel(lost))).toMatchObject({
      code: 'SKEP_EXECUTION_ABANDONED',
      message: expect.stringContaining(lost),
    });
    expect(await executions.find(lost)).toMatchObject({ state: 'running' });
  });

  test('pages go through the record, then through the queue once, each execution in one of them', async () => {
    const { store } = await openRecord();
    const broker = await openQueue();
    const { dispatch } = manage(broker, store);
    const [tracked, plain]: [string[], string[]] = [[], []];
    for (let left = 7; left > 0; left -= 1) {
      tracked.push(await dispatch('tracked'));
      plain.push(await dispatch('plain'));
    }
    // That they are queued is recorded beside the dispatch.
    await until(async () => (await store.history.count({ states: ['queued'] })) === 7);
    let asked = 0;
    const counting = Object.create(broker, {
      list: {
        value: (filter: Parameters<EmbeddedBroker['list']>[0]) => {
          asked += 1;
          return broker.list(filter);
        },
      },
    }) as EmbeddedBroker;
    const { executions } = manage(counting, store);
    const pages: string[][] = [];
    for await (const page of executions.pages({ states: ['queued'] }, 3)) pages.push(idsOf(page));
    expect(pages.map(({ length }) => length)).toEqual([3, 3, 1, 3, 3, 1]);
    expect(new Set(pages.slice(0, 3).flat())).toEqual(new Set(tracked));
    expect(new Set(pages.slice(3).flat())).toEqual(new Set(plain));
    expect(asked).toBe(1);
    const recordAlone: string[] = [];
    for await (const page of executions.pages({ text: 'tracked' }, 100))
      recordAlone.push(...idsOf(page));
    expect(new Set(recordAlone)).toEqual(new Set(tracked));
    expect(asked).toBe(1);
  });

  test('a replay names what it repeats; without payload or task it is an error, and nothing is dispatched', async () => {
    const { store, database } = await openRecord();
    const { executions, dispatch } = manage(await openQueue(), store);
    const id = await dispatch('tracked', 3);
    const again = await executions.replay(id);
    expect(await executions.find(again.id)).toMatchObject({ replayOf: id, payload: { n: 3 } });
    const set = (column: string, value: string) =>
      database.use((manager) =>
        manager.query(`UPDATE execution SET ${column} = ${value} WHERE id = '${id}'`),
      );
    await set('payload', 'NULL');
    expect(await errorOf(() => executions.replay(id))).toMatchObject({
      code: 'SKEP_PAYLOAD_NOT_KEPT',
    });
    await set('task', "'gone'");
    expect(await errorOf(() => executions.replay(id, 1))).toMatchObject({
      code: 'SKEP_TASK_UNKNOWN',
    });
    expect(await executions.count({})).toBe(2);
  });

  test('nothing is empty while a dispatch of a transaction waits to be queued', async () => {
    const { store, database } = await openRecord();
    const broker = await openQueue();
    const { executions, dispatcher } = manage(broker, store);
    const { id } = await database.transaction((manager) =>
      dispatcher.within(manager).dispatch('tracked', { n: 1 }),
    );
    const told: string[] = [];
    const empty = executions.waitForEmpty().then(() => told.push('empty'));
    await broker.waitForEmpty();
    expect(await executions.count({ states: ['pending'] })).toBe(1);
    told.push('cancelled');
    await executions.cancel(id);
    await empty;
    expect(told).toEqual(['cancelled', 'empty']);
  });

  test('following tells what was there, what comes, and each change of state that fits', async () => {
    const { store } = await openRecord();
    const broker = await openQueue();
    const { executions, dispatch } = manage(broker, store);
    const old = await dispatch('tracked');
    const stop = new AbortController();
    let missed = 0;
    const onMissed = (): void => {
      missed += 1;
    };
    const follow = (filter: HistoryFilter) =>
      followExecutions(executions, { filter, first: 10, signal: stop.signal, onMissed });
    const all = follow({});
    const failures = follow({ states: ['failed'] });
    // That an execution is queued is recorded a moment after it is.
    const next = async (which: typeof all): Promise<unknown> => {
      const { value } = await which.next();
      return value?.state === 'pending' ? next(which) : [value?.id, value?.state];
    };
    expect(await next(all)).toEqual([old, 'queued']);
    const failure = next(failures);
    const plain = await dispatch('plain');
    expect(await next(all)).toEqual([plain, 'queued']);
    const run = { ...runOf(old), task: 'tracked' };
    await store.begin(run, 1);
    expect(await next(all)).toEqual([old, 'running']);
    await store.final(run, 'failed', reportOf(run));
    expect(await next(all)).toEqual([old, 'failed']);
    expect(await failure).toEqual([old, 'failed']);
    await executions.cancel(plain);
    expect(await next(all)).toEqual([plain, 'cancelled']);
    const ended = all.next();
    stop.abort(new Error('enough'));
    expect((await errorOf(() => ended)).message).toBe('enough');
    expect(missed).toBe(0);
  });
});
