// A schedule whose row cannot be understood stops only itself: it is named once, shown as broken, and the others fire.
import { scheduleDocument } from '../../../src/cli/commands/schedules/list.js';
import { onBothEngines } from '../../datasources/support.js';
import { noTimes, relaxed } from '../../support/damage.js';
import { type Runtime, runtimeOn, scheduled, TestClock, ticksOf } from './support.js';

onBothEngines('a damaged row of a schedule', (engine) => {
  const { dialect } = engine;
  const clock = new TestClock();
  let runtime: Runtime;

  beforeEach(async () => {
    clock.set('2026-03-02T10:00:00Z');
    runtime = await runtimeOn(engine, clock, [
      scheduled('damaged', { cron: '*/5 * * * *', payload: { n: 1 } }),
      scheduled('sound', { cron: '*/5 * * * *' }),
    ]);
    await runtime.boot();
  });

  afterEach(async () => {
    await runtime.query('DELETE FROM schedule');
    await runtime.query('DELETE FROM execution');
    await runtime.close();
  });

  const damage = (set: string): Promise<void> =>
    runtime.reading((sender) =>
      relaxed(sender, dialect, `UPDATE schedule SET ${set} WHERE name = 'damaged'`),
    );
  const named = () =>
    runtime.lines.filter(({ message }) => message.startsWith('a schedule is broken'));

  test.each([
    ["expression = '61 * * * *'", /no pattern/],
    ["expression = '0 0 30 2 *'", /no day that ever comes/],
    ["zone = 'Mars/Olympus'", /no time zone "Mars\/Olympus"/],
    ["kind = 'interval', expression = '0s'", /shorter than 1s/],
    ["kind = 'interval', expression = 'often'", /no duration/],
    ["kind = 'moonrise'", /kind "moonrise"/],
    ["kind = 'date', expression = 'tomorrow'", /no time/],
    ["payload = '{'", /payload/],
    ['misfire_grace_ms = -1', /misfire_grace_ms/],
    ['max_instances = -3', /max_instances/],
  ])('%s', async (set, problem) => {
    await damage(set);
    for (const time of ['10:05:00', '10:05:02', '10:10:00']) {
      clock.set(`2026-03-02T${time}Z`);
      await runtime.scheduler.round();
      await runtime.scheduler.round();
    }
    expect(await ticksOf(runtime, 'sound')).toEqual([
      '10:05:00Z pending',
      expect.stringMatching(/^10:10:00Z/),
    ]);
    expect(await ticksOf(runtime, 'damaged')).toEqual([]);
    expect(named()).toMatchObject([
      { level: 'error', fields: { schedule: 'damaged', problem: expect.stringMatching(problem) } },
    ]);
    expect(runtime.lines.filter(({ message }) => message.startsWith('scheduling fails'))).toEqual(
      [],
    );
    const [shown, other] = await runtime.schedules.list();
    expect(shown).toMatchObject({
      name: 'damaged',
      state: 'broken',
      problem: expect.stringMatching(problem),
    });
    expect(other).toMatchObject({ name: 'sound', state: 'active', problem: undefined });
  });

  test('does not keep the scheduler awake', async () => {
    await damage("zone = 'Mars/Olympus'");
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    expect(await runtime.scheduler.round()).toBe(800);
  });

  test('a due time with microseconds is no damage', async () => {
    await damage("next_fire_at = '2026-03-02 10:05:00.123456'");
    clock.set('2026-03-02T10:05:00.200Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'sound')).toEqual(['10:05:00Z pending']);
    expect(await ticksOf(runtime, 'damaged')).toHaveLength(1);
    expect(await runtime.schedules.get('damaged')).toMatchObject({
      state: 'active',
      nextFireAt: Date.parse('2026-03-02T10:10:00Z'),
    });
  });

  test('fires again within a second after it was mended, and is named anew when it breaks again', async () => {
    await damage("zone = 'Mars/Olympus'");
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    await damage("zone = 'UTC'");
    clock.advance(1_000);
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'damaged')).toEqual(['10:05:00Z pending']);
    await damage("zone = 'Mars/Olympus'");
    clock.set('2026-03-02T10:10:00Z');
    await runtime.scheduler.round();
    expect(named()).toHaveLength(2);
  });

  test('a declared one is put right by the next start of a runtime', async () => {
    await damage("payload = '{', expression = '61 * * * *'");
    await runtime.boot();
    expect(await runtime.schedules.get('damaged')).toMatchObject({
      state: 'active',
      payload: { n: 1 },
      nextFireAt: Date.parse('2026-03-02T10:05:00Z'),
    });
  });

  test('cannot be resumed or run by hand, and can be paused', async () => {
    await damage("zone = 'Mars/Olympus'");
    const refused = {
      code: 'SKEP_SCHEDULE_INVALID',
      message: expect.stringContaining('Mars/Olympus'),
    };
    await runtime.schedules.pause('damaged');
    await expect(runtime.schedules.resume('damaged')).rejects.toMatchObject(refused);
    await expect(runtime.schedules.run('damaged')).rejects.toMatchObject(refused);
  });

  test.each(
    noTimes(dialect).flatMap((time) =>
      ['next_fire_at', 'starts_at', 'ends_at', 'last_fire_at', 'paused_at'].map((column) => [
        column,
        time,
      ]),
    ),
  )('a time that is none: %s = %s', async (column, time) => {
    await damage(`${column} = ${time}`);
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'sound')).toEqual(['10:05:00Z pending']);
    expect(await ticksOf(runtime, 'damaged')).toEqual([]);
    const [shown, sound] = await runtime.schedules.list();
    expect(shown).toMatchObject({ state: 'broken', problem: expect.stringContaining(column) });
    expect(sound).toMatchObject({ state: 'active' });
    expect(scheduleDocument(await runtime.schedules.get('damaged'))).toMatchObject({
      state: 'broken',
    });
    expect(named()).toMatchObject([{ fields: { problem: expect.stringContaining(column) } }]);
    await expect(runtime.boot()).resolves.toBeUndefined();
  });

  /** The database takes no execution of the damaged schedule. */
  const refuse = () =>
    runtime.query(
      dialect === 'sqlite'
        ? `CREATE TRIGGER refuse BEFORE INSERT ON execution WHEN NEW.schedule = 'damaged' BEGIN SELECT RAISE(ABORT, 'no room'); END`
        : `CREATE TRIGGER refuse BEFORE INSERT ON execution FOR EACH ROW IF NEW.schedule = 'damaged' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no room'; END IF`,
    );
  const failures = () =>
    runtime.lines.filter(({ message }) => message.startsWith('scheduling fails'));

  test('one whose execution the database does not take', async () => {
    // Found only when it is written.
    await refuse();
    try {
      clock.set('2026-03-02T10:05:00Z');
      await runtime.scheduler.round();
      expect(await ticksOf(runtime, 'sound')).toEqual(['10:05:00Z pending']);
      expect(await ticksOf(runtime, 'damaged')).toEqual([]);
      expect(named()).toMatchObject([
        { fields: { schedule: 'damaged', problem: expect.stringContaining('no room') } },
      ]);
      // Tried again when it alone is due: it is known by then, and neither named again nor taken for a failing database.
      clock.advance(31_000);
      await runtime.scheduler.round();
      expect(named()).toHaveLength(1);
      expect(failures()).toEqual([]);
      // And again beside the sound one: after that it waits as long as at first.
      clock.set('2026-03-02T10:10:00Z');
      await runtime.scheduler.round();
    } finally {
      await runtime.query('DROP TRIGGER refuse');
    }
    clock.advance(2_000);
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'damaged')).toEqual([]);
    clock.advance(30_000);
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'damaged')).not.toEqual([]);
  });

  test('the only one that is due is named when its execution is not taken, once', async () => {
    await runtime.query("UPDATE schedule SET enabled = 0 WHERE name = 'sound'");
    await refuse();
    try {
      clock.set('2026-03-02T10:05:00Z');
      await runtime.scheduler.round();
      await runtime.scheduler.round();
      expect(failures()).toMatchObject([{ fields: { due: 1, schedules: ['damaged'] } }]);
      expect(String(failures()[0]?.fields?.error)).toContain('no room');
    } finally {
      await runtime.query('DROP TRIGGER refuse');
    }
  });

  test('one that was removed is forgotten', async () => {
    await damage("zone = 'Mars/Olympus'");
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    await runtime.query("CREATE TABLE kept AS SELECT * FROM schedule WHERE name = 'damaged'");
    try {
      await runtime.query("DELETE FROM schedule WHERE name = 'damaged'");
      clock.advance(1_000);
      await runtime.scheduler.round();
      expect(named()).toHaveLength(1);
      // Under the same id: one that is remembered would not be named anew.
      await runtime.query('INSERT INTO schedule SELECT * FROM kept');
      clock.advance(1_000);
      await runtime.scheduler.round();
      expect(named()).toHaveLength(2);
    } finally {
      await runtime.query('DROP TABLE kept');
    }
  });

  /** The square of a number of copies of the damaged one, due before all others. */
  async function damageMany(side: number): Promise<void> {
    const [row] = await runtime.query<Record<string, unknown>>(
      "SELECT * FROM schedule WHERE name = 'damaged'",
    );
    const changed: Readonly<Record<string, string>> = {
      name:
        dialect === 'sqlite' ? "'copy-' || a.n || '-' || b.n" : "CONCAT('copy-', a.n, '-', b.n)",
      zone: "'Mars/Olympus'",
      next_fire_at: "'2026-03-02 10:04:00.000000'",
    };
    const columns = Object.keys(row ?? {}).filter((column) => column !== 'id');
    await runtime.query(
      `INSERT INTO schedule (${columns.join(', ')})
       WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${side})
       SELECT ${columns.map((column) => changed[column] ?? column).join(', ')}
         FROM schedule, numbers a, numbers b WHERE name = 'damaged'`,
    );
  }

  test('more than a claim takes at once hide no sound one, neither at first nor when they are looked at again', async () => {
    await damageMany(33);
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'sound')).toEqual(['10:05:00Z pending']);
    expect(named()).toHaveLength(33 * 33);

    // Of all that are looked at again, the last one was mended.
    await runtime.query("UPDATE schedule SET zone = 'UTC' WHERE name = 'copy-33-33'");
    clock.set('2026-03-02T10:10:00Z');
    await runtime.scheduler.round();
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'sound')).toHaveLength(2);
    expect(await ticksOf(runtime, 'copy-33-33')).not.toEqual([]);
    expect(named()).toHaveLength(33 * 33);
  });
});
