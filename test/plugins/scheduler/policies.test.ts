// What becomes of the times of a schedule: each policy, on both engines, with the clock in hand.

import type { ScheduleOptions } from '../../../src/index.js';
import { onBothEngines } from '../../datasources/support.js';
import { type Runtime, runtimeOn, scheduled, TestClock, ticksOf } from './support.js';

onBothEngines('policies of schedules', (engine) => {
  const clock = new TestClock();
  let runtime: Runtime;
  let count = 0;

  /** Boots a runtime with one schedule, at 10:00. */
  async function withSchedule(options: ScheduleOptions): Promise<string> {
    const name = `policy_${++count}`;
    clock.set('2026-03-02T10:00:00Z');
    runtime = await runtimeOn(engine, clock, [scheduled(name, options)]);
    await runtime.boot();
    return name;
  }

  afterEach(async () => {
    await runtime.query('DELETE FROM schedule');
    await runtime.close();
  });

  test('a time is fired once, when it has come and not before', async () => {
    const name = await withSchedule({ cron: '*/5 * * * *', payload: { n: 1 } });
    clock.set('2026-03-02T10:04:59Z');
    expect(await runtime.scheduler.round()).toBe(800);
    expect(await ticksOf(runtime, name)).toEqual([]);
    clock.set('2026-03-02T10:04:59.700Z');
    expect(await runtime.scheduler.round()).toBe(300);
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, name)).toEqual(['10:05:00Z pending']);
    const [row] = await runtime.query(
      `SELECT task, payload, triggered_by, (SELECT COUNT(*) FROM execution_outbox o WHERE o.execution_id = e.id) AS n
        FROM execution e WHERE schedule = '${name}'`,
    );
    expect(row).toMatchObject({ task: name, payload: '{"n":1}', triggered_by: `schedule ${name}` });
    expect(Number((row as { n: unknown }).n)).toBe(1);
    expect(await runtime.schedules.get(name)).toMatchObject({
      nextFireAt: Date.parse('2026-03-02T10:10:00Z'),
      lastFireAt: Date.parse('2026-03-02T10:05:00Z'),
      lastState: 'pending',
    });
  });

  test('of late times within their grace only the latest is run; earlier ones stand behind it', async () => {
    const name = await withSchedule({ cron: '* * * * *', misfireGrace: '5m' });
    clock.set('2026-03-02T10:03:20Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, name)).toEqual([
      '10:01:00Z skipped SKEP_TICK_COALESCED',
      '10:02:00Z skipped SKEP_TICK_COALESCED',
      '10:03:00Z pending',
    ]);
  });

  test('without coalescing each of them is run, as far as instances allow', async () => {
    const name = await withSchedule({ cron: '* * * * *', coalesce: false, maxInstances: 2 });
    clock.set('2026-03-02T10:03:20Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, name)).toEqual([
      '10:01:00Z pending',
      '10:02:00Z pending',
      '10:03:00Z skipped SKEP_TICK_OVERLAPPING',
    ]);
  });

  test('a time is skipped while an execution is unfinished, and run again after its end', async () => {
    const name = await withSchedule({ cron: '* * * * *' });
    clock.set('2026-03-02T10:01:00Z');
    await runtime.scheduler.round();
    clock.set('2026-03-02T10:02:00Z');
    await runtime.scheduler.round();
    await runtime.query(
      `UPDATE execution SET status = 'success', completed_at = created_at WHERE schedule = '${name}' AND status = 'pending'`,
    );
    clock.set('2026-03-02T10:03:00Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, name)).toEqual([
      '10:01:00Z success',
      '10:02:00Z skipped SKEP_TICK_OVERLAPPING',
      '10:03:00Z pending',
    ]);
    const view = await runtime.schedules.get(name);
    expect(view.lastState).toBe('pending');
  });

  test('an hour without a scheduler: what is beyond its grace is recorded as missed, the rest as policy says', async () => {
    const name = await withSchedule({ cron: '*/10 * * * *', misfireGrace: '15m' });
    clock.set('2026-03-02T11:01:00Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, name)).toEqual([
      '10:10:00Z skipped SKEP_TICK_MISSED',
      '10:20:00Z skipped SKEP_TICK_MISSED',
      '10:30:00Z skipped SKEP_TICK_MISSED',
      '10:40:00Z skipped SKEP_TICK_MISSED',
      '10:50:00Z skipped SKEP_TICK_COALESCED',
      '11:00:00Z pending',
    ]);
    const [missed] = await runtime.query<{ error_message: string }>(
      `SELECT error_message FROM execution WHERE schedule = '${name}' ORDER BY scheduled_for LIMIT 1`,
    );
    expect(missed?.error_message).toBe('found 51 min late, which is more than its grace of 15 min');
    expect(runtime.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'times of a schedule were skipped' }),
    );
  });

  test('after a long gap of many schedules each transaction is bounded, and what it leaves is next', async () => {
    const names = Array.from({ length: 5 }, () => `policy_${++count}`);
    const options: ScheduleOptions = { cron: '* * * * * *', misfireGrace: '1s' };
    clock.set('2026-03-02T10:00:00Z');
    runtime = await runtimeOn(
      engine,
      clock,
      names.map((name) => scheduled(name, options)),
    );
    await runtime.boot();
    clock.set('2026-03-02T10:15:00Z');
    const recorded = async (): Promise<readonly number[]> => {
      const ticks = await Promise.all(names.map((name) => ticksOf(runtime, name)));
      return ticks.map(({ length }) => length).sort((a, b) => a - b);
    };
    // 900 times each, and 2,000 are enough for one transaction.
    expect(await runtime.scheduler.round()).toBe(0);
    expect(await recorded()).toEqual([0, 0, 900, 900, 900]);
    expect(await runtime.scheduler.round()).toBe(0);
    expect(await recorded()).toEqual([900, 900, 900, 900, 900]);
  });

  test('of a long gap the newest thousand are told one by one, and one record counts the others', async () => {
    const name = await withSchedule({ cron: '* * * * * *', misfireGrace: '1s' });
    clock.set('2026-03-02T10:30:00Z');
    await runtime.scheduler.round();
    const rows = await runtime.query<{ status: string; n: number | string }>(
      `SELECT status, COUNT(*) AS n FROM execution WHERE schedule = '${name}' GROUP BY status`,
    );
    const counts = Object.fromEntries(rows.map(({ status, n }) => [status, Number(n)]));
    // 1,800 times: 1,000 told, of which the latest is run, and 800 as one.
    expect(counts).toEqual({ pending: 1, skipped: 1_000 });
    const [first] = await runtime.query<{ error_message: string }>(
      `SELECT error_message FROM execution WHERE schedule = '${name}' ORDER BY scheduled_for LIMIT 1`,
    );
    expect(first?.error_message).toContain('stands for 800 times from 2026-03-02T10:00:01.000Z');
  });

  test('jitter moves when it may start, and not the time that it stands for', async () => {
    const name = await withSchedule({ cron: '5 * * * *', jitter: '20s' });
    clock.set('2026-03-02T10:05:00Z');
    await runtime.scheduler.round();
    const [row] = await runtime.query<{ at: Date | string; tick: Date | string }>(
      `SELECT available_at AS at, scheduled_for AS tick FROM execution WHERE schedule = '${name}'`,
    );
    const ms = (time: Date | string | undefined): number =>
      time instanceof Date
        ? time.getTime()
        : Date.parse(`${time?.replace(' ', 'T').slice(0, 23)}Z`);
    expect(ms(row?.tick)).toBe(Date.parse('2026-03-02T10:05:00Z'));
    expect(ms(row?.at)).toBe(Date.parse('2026-03-02T10:05:10Z'));
  });

  test('a date fires once; a schedule ends with endsAt, whose time is still one of it', async () => {
    const once = await withSchedule({ at: '2026-03-02T10:01:00Z' });
    clock.set('2026-03-02T10:01:00Z');
    await runtime.scheduler.round();
    await runtime.boot();
    clock.set('2026-03-02T10:02:00Z');
    await runtime.scheduler.round();
    expect(await ticksOf(runtime, once)).toEqual(['10:01:00Z pending']);
    expect(await runtime.schedules.get(once)).toMatchObject({ state: 'ended' });
    await runtime.close();
    const ending = await withSchedule({
      every: '1m',
      maxInstances: 9,
      endsAt: '2026-03-02T10:02:00Z',
    });
    for (const minute of ['01', '02', '03']) {
      clock.set(`2026-03-02T10:${minute}:00Z`);
      await runtime.scheduler.round();
    }
    expect(await ticksOf(runtime, ending)).toEqual(['10:01:00Z pending', '10:02:00Z pending']);
    expect(await runtime.schedules.get(ending)).toMatchObject({ state: 'ended' });
  });

  test('a schedule that is disabled does not fire', async () => {
    const name = await withSchedule({ cron: '* * * * *', enabled: false });
    clock.set('2026-03-02T10:05:00Z');
    expect(await runtime.scheduler.round()).toBe(800);
    expect(await ticksOf(runtime, name)).toEqual([]);
    expect(await runtime.schedules.get(name)).toMatchObject({ state: 'disabled' });
  });
});
