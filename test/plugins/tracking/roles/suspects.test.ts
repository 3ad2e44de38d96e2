// What the reconciler's first look costs while a hundred thousand wait for the relay: it may not read them all.
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type Suspect, Suspects } from '../../../../src/plugins/tracking/roles/suspects.js';
import type { StoreDatabase } from '../../../../src/plugins/tracking/store/store-database.js';
import { describeWithMaria, freshDatabase } from '../../../support/mariadb.js';
import { openTables } from '../history/support.js';

describeWithMaria('the first look of the reconciler', () => {
  const { url } = freshDatabase('suspects');

  it('reads some pages of what waits for the relay, and comes to what nobody has in its next rounds', async () => {
    const { provider } = await openTables({ url: () => url });
    const connection = await createConnection({ uri: url });
    try {
      const columns = 'id, task, status, queue, priority, triggered_by, created_at, available_at';
      const values = "'work', 'pending', 'default', 'normal', 't', '2026-01-01', '2026-01-01'";
      await connection.query(
        `INSERT INTO execution (${columns}) SELECT CONCAT('waits-', seq), ${values} FROM seq_1_to_6000`,
      );
      await connection.query(
        `INSERT INTO execution_outbox (execution_id) SELECT CONCAT('waits-', seq) FROM seq_1_to_6000`,
      );
      await connection.query(`INSERT INTO execution (${columns}) VALUES ('left', ${values})`);
      const sender = {
        query: async (sql: string, parameters?: unknown[]) =>
          (await connection.query(sql, parameters))[0],
      };
      const database = {
        use: (work: (manager: typeof sender, dialect: string) => unknown) =>
          work(sender, 'mariadb'),
      } as unknown as StoreDatabase;
      const suspects = new Suspects({ database, broker: { holds: async () => new Set() } });
      const found: Suspect[] = [];
      await connection.query('FLUSH STATUS');
      await suspects.find(['pending'], found);
      const [rows] = await connection.query<RowDataPacket[]>("SHOW STATUS LIKE 'Handler_read_%'");
      expect(found).toEqual([]);
      // Four pages of 500, each row with a look at the outbox.
      expect(rows.reduce((sum, { Value }) => sum + Number(Value), 0)).toBeLessThan(4 * 500 * 3);
      for (let round = 0; round < 3; round += 1) await suspects.find(['pending'], found);
      expect(found).toMatchObject([{ id: 'left', status: 'pending' }]);
    } finally {
      await connection.end();
      await provider.close();
    }
  });
});
