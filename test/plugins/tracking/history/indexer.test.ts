// The role that keeps the index of words: one runtime at a time, and another when that is gone.
import { container } from 'tsyringe';
import { systemSeams } from '../../../../src/core/seams.js';
import { injectionToken } from '../../../../src/core/tasks/inject.js';
import { ApplicationDatabase } from '../../../../src/datasources/index.js';
import { textIndexer } from '../../../../src/plugins/tracking/history/indexer.js';
import { blockSize } from '../../../../src/plugins/tracking/history/text/block.js';
import { Indexing } from '../../../../src/plugins/tracking/history/text/indexing.js';
import { StoreDatabase } from '../../../../src/plugins/tracking/store/store-database.js';
import { onBothEngines } from '../../../datasources/support.js';
import { registryOf, rememberingLogger } from '../../../support/harness.js';
import { until } from '../../../support/until.js';
import { rowsOf } from '../store/support.js';
import { clear, manyRows, openTables } from './support.js';

onBothEngines('the role of the index of words', (engine) => {
  test('indexes what is recorded; of two, one does it, until it is gone', async () => {
    const { provider, database, store } = await openTables(engine);
    const own = container.createChildContainer();
    own.registerInstance(injectionToken<ApplicationDatabase>(ApplicationDatabase), database);
    const { logger, lines } = rememberingLogger();
    const parts = { container: own, registry: registryOf(), logger, seams: systemSeams };
    const [first, second] = ['first', 'second'].map((worker) => textIndexer({ ...parts, worker }));
    const blocks = async () =>
      (await rowsOf(database, 'SELECT block FROM execution_word_block')).length;
    const holder = async () =>
      (await rowsOf(database, 'SELECT holder FROM execution_word_indexer'))[0]?.holder;
    try {
      await manyRows(database, 2 * blockSize, () => ({ payload: '{"word":"here"}' }));
      first?.start();
      await until(async () => (await blocks()) === 2);
      second?.start();
      expect(await holder()).toBe('first');
      await first?.stop();
      // Its time runs out, as it would after half a minute.
      const expire = "UPDATE execution_word_indexer SET until = '2001-01-01 00:00:00'";
      await database.use((manager) => manager.query(expire));
      await manyRows(database, blockSize, () => ({ payload: '{"word":"there"}' }));
      await until(async () => (await blocks()) === 3);
      expect(await holder()).toBe('second');
      expect(lines).toEqual([]);
    } finally {
      await Promise.all([first?.stop(), second?.stop()]);
      await store.close();
      await provider.close();
    }
  });

  test('damaged executions neither stop it nor are they hidden from a search', async () => {
    const { provider, database, store, history } = await openTables(engine);
    try {
      await clear(database);
      const last = 2 * blockSize;
      await manyRows(database, last, (index) => ({
        payload: index === 5 ? '{"word":"torn' : index === 6 ? null : '{"word":"whole"}',
        ...(index === 7 ? { status: 'moonrise' } : {}),
      }));
      const indexing = new Indexing({
        database: new StoreDatabase(database),
        keepsPayload: () => true,
        now: Date.now,
      });
      let steps = 0;
      while (await indexing.step()) steps += 1;
      expect(steps).toBeGreaterThan(0);
      expect(await history.count({ text: 'whole' })).toBe(last - 2);
      expect(await history.count({ text: 'torn' })).toBe(1);
    } finally {
      await clear(database);
      await store.close();
      await provider.close();
    }
  });
});
