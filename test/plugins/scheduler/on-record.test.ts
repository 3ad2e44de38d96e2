// What is on record of schedules that are due, and that to ask costs little whatever else is in the table.

import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { pinnedSqlMode } from '../../../src/datasources/engines/mariadb-connection.js';
import { lockDue } from '../../../src/plugins/scheduler/store/due.js';
import { readRecord } from '../../../src/plugins/scheduler/store/on-record.js';
import { onBothEngines } from '../../datasources/support.js';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { quick } from '../../support/quick.js';
import { type Runtime, runtimeOn, scheduled, TestClock } from './support.js';

const clock = new TestClock();
const tasks = [scheduled('minutely', { every: '1m' }), scheduled('too', { every: '1m' })];
const at = (time: string): number => Date.parse(`2026-03-02T${time}Z`);

const columns =
  'id, task, status, queue, priority, triggered_by, created_at, available_at, schedule, scheduled_for, completed_at';

onBothEngines('the record of schedules', (engine) => {
  let runtime: Runtime;
  beforeEach(async () => {
    clock.set('2026-03-02T10:00:00Z');
    runtime = await runtimeOn(engine, clock, tasks);
    await runtime.boot();
  });
  afterEach(async () => {
    await runtime.query('DELETE FROM execution');
    await runtime.close();
  });

  async function recorded(id: string, schedule: string, time: string, isOver: boolean) {
    const then = `'2026-03-02 ${time}.000000'`;
    await runtime.query(
      `INSERT INTO execution (${columns}) VALUES ('${id}', 'minutely', '${isOver ? 'success' : 'queued'}', 'default',
        'normal', 't', ${then}, ${then}, '${schedule}', ${then}, ${isOver ? then : 'NULL'})`,
    );
  }

  it('has the times that were asked for and that are on record, and counts what is not over', async () => {
    await recorded('a', 'minutely', '10:01:00', true);
    await recorded('b', 'minutely', '10:02:00', false);
    await recorded('c', 'minutely', '10:09:00', false);
    await recorded('d', 'Minutely', '10:03:00', false);
    const times = ['10:01:00', '10:02:00', '10:03:00'].map(at);
    const record = await runtime.reading((sender, dialect) =>
      readRecord(sender, dialect, [
        { name: 'minutely', ticks: times },
        { name: 'too', ticks: times },
      ]),
    );
    expect([...record.ticks('minutely')].sort()).toEqual([at('10:01:00'), at('10:02:00')]);
    expect(record.ticks('too').size).toBe(0);
    expect([record.unfinished('minutely'), record.unfinished('too')]).toEqual([2, 0]);
  });
});

describeWithMaria('to ask for the record of schedules', () => {
  const { url } = freshDatabase('record');
  const values = "'minutely', 'success', 'default', 'normal', 't', NOW(6), NOW(6)";
  let runtime: Runtime;
  let connections: Connection[] = [];
  const connect = async (): Promise<Connection> => {
    const connection = await createConnection({ uri: url });
    await connection.query(`SET ${pinnedSqlMode}`);
    connections.push(connection);
    return connection;
  };
  const sender = (connection: Connection) => ({
    query: async (sql: string, parameters?: unknown[]) =>
      (await connection.query(sql, parameters))[0],
  });
  beforeEach(async () => {
    clock.set('2026-03-02T10:00:00Z');
    runtime = await runtimeOn({ url: () => url }, clock, tasks);
    await runtime.boot();
  });
  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.end()));
    connections = [];
    await runtime.query('DELETE FROM execution');
    await runtime.close();
  });

  it('reads neither their history nor all that waits', async () => {
    await runtime.query(
      `INSERT INTO execution (${columns}) SELECT CONCAT('old-', seq), ${values}, 'minutely',
        '2026-03-02' - INTERVAL seq MINUTE, NOW(6) FROM seq_1_to_3000`,
    );
    await runtime.query(
      `INSERT INTO execution (${columns}) SELECT CONCAT('waits-', seq), ${values}, NULL, NULL, NULL FROM seq_1_to_3000`,
    );
    await runtime.query('ANALYZE TABLE execution');
    const connection = await connect();
    const now = at('10:05:00');
    const asked = { now, tasks: ['minutely', 'too'], without: [], only: undefined, limit: 10 };
    const { sound: due } = await lockDue(sender(connection), 'mariadb', asked);
    expect(due.map(({ name }) => name).sort()).toEqual(['minutely', 'too']);
    await connection.query('FLUSH STATUS');
    const ticks = [at('10:04:00'), now];
    const come = due.map(({ name }) => ({ name, ticks }));
    await readRecord(sender(connection), 'mariadb', come);
    const [rows] = await connection.query<RowDataPacket[]>("SHOW STATUS LIKE 'Handler_read_%'");
    expect(rows.reduce((sum, { Value }) => sum + Number(Value), 0)).toBeLessThan(50);
  });

  it('does not read on through what others have inserted and not committed', async () => {
    const other = await connect();
    await other.beginTransaction();
    await other.query(
      `INSERT INTO execution (${columns}) SELECT CONCAT('new-', seq), ${values}, CONCAT('z-', seq),
        '2026-03-02 10:05:00', NULL FROM seq_1_to_20000`,
    );
    const connection = await connect();
    const come = Array.from({ length: 900 }, (_, n) => ({
      name: `a-${n}`,
      ticks: [at('10:05:00')],
    }));
    // To read on takes more than twice as long, not to do so some milliseconds.
    await quick(5_000, async () => {
      const startedAt = performance.now();
      const record = await readRecord(sender(connection), 'mariadb', come);
      const tookMs = performance.now() - startedAt;
      expect(come.filter(({ name }) => record.ticks(name).size > 0)).toEqual([]);
      return tookMs;
    });
    await other.rollback();
  });
});
