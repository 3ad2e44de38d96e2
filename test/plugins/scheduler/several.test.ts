// Several runtimes on one database, databases that are away, and what nobody claims.

import { z } from 'zod';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { until } from '../../support/until.js';
import {
  type Runtime,
  runtimeOn,
  scheduled,
  scheduledWith,
  TestClock,
  ticksOf,
} from './support.js';

describeWithMaria('several runtimes that schedule', () => {
  const { url } = freshDatabase('scheduler');
  const engine = { url: () => url };
  const clock = new TestClock();
  let runtimes: Runtime[] = [];

  const boot = async (...tasks: Parameters<typeof runtimeOn>[2]): Promise<Runtime> => {
    const runtime = await runtimeOn(engine, clock, tasks);
    runtimes.push(runtime);
    await runtime.boot();
    return runtime;
  };

  beforeEach(() => clock.set('2026-03-02T10:00:00Z'));
  afterEach(async () => {
    await runtimes[0]?.query('DELETE FROM execution');
    await runtimes[0]?.query('DELETE FROM schedule');
    await Promise.all(runtimes.map((runtime) => runtime.close()));
    runtimes = [];
  });

  test('three at once: of 2,000 schedules due together each fires once, in batches', async () => {
    const task = scheduled('many');
    const all = [await boot(task), await boot(task), await boot(task)];
    const [first] = all;
    await first?.query(
      `INSERT INTO schedule (name, task, kind, expression, zone, payload, misfire_grace_ms, coalesce, max_instances,
          jitter_ms, enabled, declared, next_fire_at, version, created_at, updated_at)
        SELECT CONCAT('many_', seq), 'many', 'cron', '*/5 * * * *', 'UTC', 'null', 300000, 1, 1, 0, 1, 'runtime',
          '2026-03-02 10:05:00', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM seq_1_to_2000`,
    );
    clock.set('2026-03-02T10:05:00.200Z');
    const due = async (): Promise<number> => {
      const [row] =
        (await first?.query<{ n: number | string }>(
          `SELECT COUNT(*) AS n FROM schedule WHERE next_fire_at <= '2026-03-02 10:05:00'`,
        )) ?? [];
      return Number(row?.n);
    };
    // What one of them holds, the others leave alone: somebody comes to each of them.
    while ((await due()) > 0) await Promise.all(all.map(({ scheduler }) => scheduler.round()));
    const [counted] =
      (await first?.query<Record<string, unknown>>(
        `SELECT COUNT(*) AS executions, COUNT(DISTINCT schedule) AS schedules,
          (SELECT COUNT(*) FROM execution_outbox) AS outbox,
          (SELECT COUNT(*) FROM schedule WHERE next_fire_at = '2026-03-02 10:10:00' AND last_execution_id IS NOT NULL) AS moved
        FROM execution WHERE status = 'pending' AND scheduled_for = '2026-03-02 10:05:00'`,
      )) ?? [];
    const numbers = Object.fromEntries(
      Object.entries(counted ?? {}).map(([k, v]) => [k, Number(v)]),
    );
    expect(numbers).toEqual({ executions: 2_000, schedules: 2_000, outbox: 2_000, moved: 2_000 });
  });

  test('a change that one of them makes is what the others go by at their next look', async () => {
    const task = scheduled('shared', { cron: '* * * * *', maxInstances: 99 });
    const one = await boot(task);
    const other = await boot(task);
    await one.schedules.pause('shared');
    clock.set('2026-03-02T10:01:00Z');
    expect(await other.scheduler.round()).toBe(800);
    await one.schedules.resume('shared');
    clock.set('2026-03-02T10:02:00Z');
    await other.scheduler.round();
    await one.schedules.create({ name: 'beside', task: 'shared', every: '1m' });
    clock.set('2026-03-02T10:03:00Z');
    await other.scheduler.round();
    // What came during the pause is not made up for.
    expect(await ticksOf(one, 'shared')).toEqual(['10:02:00Z pending', '10:03:00Z pending']);
    expect(await ticksOf(one, 'beside')).toEqual(['10:03:00Z pending']);
    await one.schedules.update({ name: 'beside', task: 'shared', every: '30s', maxInstances: 9 });
    clock.set('2026-03-02T10:03:30Z');
    await other.scheduler.round();
    await one.schedules.remove('beside');
    clock.set('2026-03-02T10:04:30Z');
    await other.scheduler.round();
    expect(await ticksOf(one, 'beside')).toEqual(['10:03:00Z pending', '10:03:30Z pending']);
  });

  test('a time that is on record is not run again when its schedule is made anew', async () => {
    const runtime = await boot(scheduled('single'));
    const once = { name: 'once', task: 'single', at: '2026-03-02T10:01:00Z' };
    await runtime.schedules.create(once);
    clock.set('2026-03-02T10:01:00Z');
    await runtime.scheduler.round();
    await runtime.schedules.remove('once');
    await runtime.schedules.create({ ...once, maxInstances: 9 });
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'once')).toEqual(['10:01:00Z pending']);
    expect(await runtime.schedules.get('once')).toMatchObject({ state: 'ended' });
  });

  test('a payload that no longer fits is recorded with the reason, and takes no other with it', async () => {
    const task = scheduledWith(
      { code: 'strict', payload: z.object({ n: z.number() }) },
      { name: 'wrong', cron: '* * * * *', payload: { n: 1 } },
      { name: 'right', cron: '* * * * *', payload: { n: 2 } },
    );
    const runtime = await boot(task);
    await runtime.query(`UPDATE schedule SET payload = '{"n":"one"}' WHERE name = 'wrong'`);
    clock.set('2026-03-02T10:01:00Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'right')).toEqual(['10:01:00Z pending']);
    expect(await ticksOf(runtime, 'wrong')).toEqual(['10:01:00Z skipped SKEP_PAYLOAD_INVALID']);
  });

  test('a database that is away is one line in the log; an hour later policy says what is run', async () => {
    const runtime = await boot(scheduled('patient', { cron: '*/20 * * * *', misfireGrace: '10m' }));
    runtime.reachable = false;
    for (let rounds = 0; rounds < 5; rounds += 1) expect(await runtime.scheduler.round()).toBe(800);
    clock.set('2026-03-02T11:05:00Z');
    runtime.reachable = true;
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'patient')).toEqual([
      '10:20:00Z skipped SKEP_TICK_MISSED',
      '10:40:00Z skipped SKEP_TICK_MISSED',
      '11:00:00Z pending',
    ]);
    const told = runtime.lines.filter(({ message }) => message.startsWith('scheduling'));
    expect(told.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'error scheduling fails, and is tried again',
      'info scheduling goes on',
    ]);
  });

  test('a schedule that nobody claims is an error in the log, once for each time', async () => {
    const runtime = await boot(scheduled('known'));
    await runtime.schedules.create({
      name: 'lost',
      task: 'known',
      cron: '* * * * *',
      misfireGrace: '1m',
    });
    // The task is gone from all runtimes that are left.
    await runtime.query(`UPDATE schedule SET task = 'gone' WHERE name = 'lost'`);
    const alarms = () => runtime.lines.filter(({ level }) => level === 'error');
    clock.set('2026-03-02T10:01:00Z');
    for (let rounds = 0; rounds < 8; rounds += 1) {
      await runtime.scheduler.round();
      if (clock.now <= Date.parse('2026-03-02T10:02:30Z')) expect(alarms()).toEqual([]);
      clock.advance(20_000);
    }
    expect(alarms()).toMatchObject([
      { message: expect.stringContaining('stuck'), fields: { schedule: 'lost', task: 'gone' } },
    ]);
    // Another time that nobody claims is told again.
    await runtime.query(
      `UPDATE schedule SET next_fire_at = '2026-03-02 10:04:00' WHERE name = 'lost'`,
    );
    for (let rounds = 0; rounds < 8; rounds += 1) {
      clock.advance(20_000);
      await runtime.scheduler.round();
    }
    expect(alarms()).toHaveLength(2);
  });

  test('a row that another transaction holds is passed over, and nothing waits for it', async () => {
    const runtime = await boot(
      scheduled('held', { cron: '* * * * *' }),
      scheduled('free', { cron: '* * * * *' }),
    );
    clock.set('2026-03-02T10:01:00Z');
    const holder = await boot();
    await holder.hold('held', async () => {
      await runtime.scheduler.round();
      expect(await ticksOf(runtime, 'free')).toEqual(['10:01:00Z pending']);
      expect(await ticksOf(runtime, 'held')).toEqual([]);
      // Something is due, and not to be had: no busy loop.
      expect(await runtime.scheduler.round()).toBe(50);
    });
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, 'held')).toEqual(['10:01:00Z pending']);
  });

  test('the role runs by itself, is woken by its timers, and stops', async () => {
    const real = await runtimeOn(engine, clock, [scheduled('awake', { every: '1s' })]);
    runtimes.push(real);
    await real.scheduler.start();
    await real.scheduler.start();
    clock.set('2026-03-02T10:00:01Z');
    await until(async () => (await ticksOf(real, 'awake')).length === 1);
    await real.scheduler.stop();
    await real.scheduler.stop();
    expect(await ticksOf(real, 'awake')).toEqual(['10:00:01Z pending']);
  });
});
