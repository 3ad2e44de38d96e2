// The heartbeat: a row that says that the worker lives, by the database's clock.
import { hostname } from 'node:os';
import { Heartbeat } from '../../../../src/plugins/tracking/roles/heartbeat.js';
import { columnTime, msOf, type TimeColumn } from '../../../../src/plugins/tracking/store/rows.js';
import { onBothEngines } from '../../../datasources/support.js';
import { noTimes, relaxed } from '../../../support/damage.js';
import { rememberingLogger } from '../../../support/harness.js';
import { until } from '../../../support/until.js';
import { TrackedWorld } from './world.js';

interface WorkerRow {
  readonly id: string;
  readonly started_at: TimeColumn;
  readonly beat_at: TimeColumn;
}

onBothEngines('the heartbeat', (engine) => {
  let world: TrackedWorld;
  const { logger, lines } = rememberingLogger();
  beforeAll(async () => {
    world = await TrackedWorld.open(engine);
  });
  afterEach(() => world.clear());
  afterAll(() => world.close());

  const startedAt = Date.now() - 60_000;
  const heartbeat = (changes: { worker?: string; startedAt?: number } = {}): Heartbeat =>
    new Heartbeat({ database: world.database, logger, worker: 'here:1', startedAt, ...changes });
  const rows = () => world.query<WorkerRow>('SELECT * FROM worker ORDER BY id');

  it('says who the worker is, since when, and that it lives now', async () => {
    const beating = heartbeat();
    const before = Date.now();
    expect(await beating.round()).toBe(2_000);
    const after = Date.now();
    const [row] = await rows();
    expect(row).toMatchObject({ id: 'here:1', host: hostname(), pid: process.pid });
    expect(msOf(row?.started_at)).toBe(startedAt);
    // On one machine the database has the same clock, but for somebody who sets it meanwhile.
    expect(msOf(row?.beat_at)).toBeGreaterThan(before - 10_000);
    expect(msOf(row?.beat_at)).toBeLessThan(after + 10_000);
    await world.query('UPDATE worker SET beat_at = ?', [columnTime(startedAt)]);
    await beating.round();
    const [later] = await rows();
    expect(msOf(later?.beat_at)).toBeGreaterThan(startedAt + 30_000);
    expect(msOf(later?.started_at)).toBe(startedAt);
  });

  it('takes the row back at the end, but not that of a successor of the same name', async () => {
    const first = heartbeat();
    first.start();
    await until(async () => (await rows()).length === 1);
    await Promise.all([first.stop(), first.stop()]);
    expect(await rows()).toEqual([]);

    const old = heartbeat();
    await old.round();
    const successor = heartbeat({ startedAt: startedAt + 30_000 });
    await successor.round();
    await old.stop();
    expect(await rows()).toHaveLength(1);
  });

  it('does nothing when it is stopped before it began', async () => {
    await heartbeat({ worker: 'other:1' }).round();
    const unused = heartbeat({ worker: 'other:1' });
    await unused.stop();
    unused.start();
    expect(await rows()).toHaveLength(1);
  });

  it('forgets workers that died long ago, and no others', async () => {
    const insert = (id: string, ageMs: number) =>
      world.query(
        `INSERT INTO worker (id, host, pid, version, started_at, beat_at) VALUES (?, 'h', 1, '0', ?, ?)`,
        [id, columnTime(0), columnTime(Date.now() - ageMs)],
      );
    await insert('long dead', 7_300_000);
    await insert('lately dead', 1_800_000);
    await heartbeat().round();
    expect((await rows()).map(({ id }) => id)).toEqual(['here:1', 'lately dead']);
    expect(lines).toEqual([]);
  });

  // With a row that seems to beat for ever, nobody would take over what its worker ran.
  const noBeats = [...noTimes(engine.dialect), "'9999-12-31 00:00:00.000000'"];
  it.each(noBeats)('forgets a worker that died and whose beat is %s', async (beat) => {
    const insert = `INSERT INTO worker (id, host, pid, version, started_at, beat_at) VALUES ('dead', 'h', 1, '0', ${beat}, ${beat})`;
    await world.database.use((manager, dialect) => relaxed(manager, dialect, insert));
    await heartbeat().round();
    expect((await rows()).map(({ id }) => id)).toEqual(['here:1']);
  });
});
