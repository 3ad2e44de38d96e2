// The application's database as services of plugins use it: how its connections differ from those of runs.
import { Maria } from '../../src/datasources/index.js';
import { describeWithMaria, freshDatabase } from '../support/mariadb.js';
import { install } from './support.js';

describeWithMaria('a transaction in which nothing is said', () => {
  const database = freshDatabase('application');

  it('is ended by the server where a service has it, and left to the task where a run has it', async () => {
    const { provider, openRun } = install({ environment: { MARIA_URL: database.url } });
    const { scope, source } = openRun();
    const limit = 'SELECT @@idle_transaction_timeout AS seconds, @@time_zone AS zone';
    expect(await provider.application.use((manager) => manager.query(limit))).toEqual([
      { seconds: 30, zone: '+00:00' },
    ]);
    expect(await source(Maria).use((manager) => manager.query(limit))).toEqual([
      { seconds: 0, zone: '+00:00' },
    ]);
    await scope.dispose();
    await provider.close();
  });
});
