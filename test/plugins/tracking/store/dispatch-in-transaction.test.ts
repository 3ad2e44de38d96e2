// A plain dispatch of a tracked task inside a transaction of its own run on SQLite: its record needs the file's only write lock, which
// that transaction holds.
import { BrokerDispatcher } from '../../../../src/core/dispatch/broker-dispatcher.js';
import { Maria, migrations } from '../../../../src/datasources/index.js';
import { SkepError, Task, type TaskClass, Tracked } from '../../../../src/index.js';
import { trackingMigrations } from '../../../../src/plugins/tracking/migrations/index.js';
import { errorOf, install } from '../../../datasources/support.js';
import { fixedSeams, registryOf, rememberingLogger } from '../../../support/harness.js';
import { type TempFolder, tempFolder } from '../../../support/temp-folder.js';
import { rowsOf, storeOn } from './support.js';

@Task({ code: 'pay' })
@Tracked()
class Pay {
  run(): void {}
}

@Task({ code: 'note' })
class Note {
  run(): void {}
}

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder[Symbol.dispose]());

async function opened() {
  const { provider, openRun } = install({
    environment: {},
    folder: folder.path,
    // With an hour to wait, nothing but finding it ends the test.
    options: { maria: { pool: { acquireTimeout: '1h' } } },
    plugins: [{ name: 'tracking', contributes: [migrations(trackingMigrations)] }],
  });
  await provider.migrator.run();
  const tasks: TaskClass[] = [Pay, Note];
  const { store } = storeOn(provider.application, ...tasks);
  const queue: string[] = [];
  const dispatcher = new BrokerDispatcher({
    registry: registryOf(...tasks),
    broker: {
      now: () => 0,
      enqueue: async (entries) => {
        queue.push(...entries.map(({ envelope }) => envelope.task));
        return entries.map(({ envelope }) => envelope.id);
      },
    },
    waitForFinal: () => Promise.reject(new Error('nobody waits')),
    tracker: store,
    logger: rememberingLogger().logger,
    seams: { ...fixedSeams(), newId: () => crypto.randomUUID() },
    payloadLimitBytes: 1_000,
  });
  const { scope, source } = openRun();
  const close = async (): Promise<void> => {
    await store.close();
    await scope.dispose();
    await provider.close();
  };
  return { dispatcher, maria: source(Maria), queue, close, provider };
}

test('is refused at once, and named is dispatcher.within(manager), which works', async () => {
  const { dispatcher, maria, queue, close, provider } = await opened();
  const count = async () =>
    (await rowsOf(provider.application, 'SELECT COUNT(*) AS n FROM execution'))[0];
  const error = await errorOf(() =>
    maria.transaction(async (manager) => {
      await manager.query('CREATE TABLE paid (v INTEGER)');
      await dispatcher.dispatch(Pay);
    }),
  );
  expect(error).toBeInstanceOf(SkepError);
  expect(error).toMatchObject({
    code: 'SKEP_NESTED_WRITE',
    message: expect.stringMatching(/^pay was dispatched inside a transaction on the SQLite file/),
    remedy: expect.stringContaining('dispatcher.within(manager)'),
  });
  expect(queue).toEqual([]);
  expect(await count()).toEqual({ n: 0 });
  await maria.transaction((manager) => dispatcher.within(manager).dispatch(Pay));
  expect(await count()).toEqual({ n: 1 });
  await close();
});

test('is allowed where no transaction of the run holds the lock, and for a task that is not tracked', async () => {
  const { dispatcher, maria, queue, close } = await opened();
  await maria.transaction(async (manager) => {
    await manager.query('CREATE TABLE paid (v INTEGER)');
    await dispatcher.dispatch(Note);
  });
  await maria.use(async (manager) => {
    await manager.query('INSERT INTO paid VALUES (1)');
    await dispatcher.dispatch(Pay);
  });
  await dispatcher.dispatch(Pay);
  expect(queue).toEqual(['note', 'pay', 'pay']);
  await close();
});
