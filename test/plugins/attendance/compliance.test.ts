// calculate_compliance on sources written by hand: which days are computed, when, and how often.
import { Maria } from '../../../src/datasources/index.js';
import { hrisRows, hrisTables, logRows, logTable, openWritten, type Written } from './hand-made.js';
import { type Installed, install, onEachEngine } from './installation.js';

/** Computed days of an employee, as `date status worked/late/early taps+collapsed`. */
async function days(site: Installed, employee: number): Promise<string[]> {
  const rows = await site.query<Record<string, unknown>>(
    Maria,
    `SELECT CAST(work_date AS CHAR(10)) AS date, status, worked_minutes AS worked, late_minutes AS late,
            early_minutes AS early, taps, collapsed
       FROM attendance_compliance_day WHERE employee_id = ${employee} ORDER BY work_date`,
  );
  return rows.map(
    ({ date, status, worked, late, early, taps, collapsed }) =>
      `${date} ${status} ${worked}/${late}/${early} ${taps}+${collapsed}`,
  );
}

const dirty = (site: Installed) =>
  site.query(Maria, 'SELECT employee_id FROM attendance_dirty_day ORDER BY employee_id');

onEachEngine('compliance', (urls) => {
  let hris: Written;
  let biostar: Written;
  let site: Installed;
  /** Far behind everything that happens here, unless a test sets it. */
  let now = Date.parse('2030-01-01T00:00:00Z');

  const sync = async (...events: Parameters<typeof logRows>) => {
    await biostar.execute(logRows(...events));
    return site.run('sync_attendance');
  };

  // Cairo goes to summer time on Friday 26 April 2024 at midnight. Each test goes on from the one before.
  beforeAll(async () => {
    hris = await openWritten(urls().hris);
    biostar = await openWritten(urls().biostar);
    await hris.execute(
      ...hrisTables,
      hrisRows(
        'HR_Employee',
        [1, '001', 'Day', 'نهار', 1, '2024-01-01', null],
        [2, '002', 'Night', 'ليل', 1, '2024-04-25', null],
        [3, '003', 'Neither', 'لا', 1, '2024-01-01', null],
        [4, '004', 'Gone', 'ذهب', 0, '2024-01-01', '2024-04-25'],
        [5, '005', 'Lost', 'ضائع', 0, '2024-01-01', null],
      ),
      hrisRows(
        'TMS_Shift',
        [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 10, 10, '1111011', 1],
        [2, 'NIGHT', 'Night', 'ليلي', '22:00', '06:00', 0, 0, '1111111', 1],
      ),
      hrisRows(
        'TMS_ShiftAssignment',
        [1, 1, 1, '2024-01-01', null],
        [2, 2, 2, '2024-01-01', null],
        [4, 4, 1, '2024-01-01', null],
        [5, 5, 1, '2024-01-01', null],
      ),
    );
    await biostar.execute(logTable('t_lg202404'));
    site = await install(urls(), { now: () => now, hris: { maxDeactivation: 1 } });
    await site.run('hris_replication');
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
    await biostar[Symbol.asyncDispose]();
  });

  it('has nothing to compute before the first event', async () => {
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 0, stillOpen: 0 });
  });

  it('computes the days whose windows have closed by the latest server time', async () => {
    await sync(
      't_lg202404',
      // Wednesday 24 April, winter time: 08:05, again 08:06, and 16:00.
      { id: 1, user: '001', at: '2024-04-24 06:05:00', server: '2024-04-24 08:05:00' },
      { id: 2, user: '001', at: '2024-04-24 06:06:00', server: '2024-04-24 08:06:00' },
      { id: 3, user: '001', at: '2024-04-24 14:00:00', server: '2024-04-24 16:00:00' },
      // The night of Thursday: 22:20 winter time to 05:30 summer time is 6 h 10 min.
      { id: 4, user: '002', at: '2024-04-25 20:20:00', server: '2024-04-25 22:20:00' },
      { id: 5, user: '002', at: '2024-04-26 02:30:00', server: '2024-04-26 05:30:00' },
      // Saturday, before the window of the day shift opens: belongs nowhere, but tells the time.
      { id: 6, user: '001', at: '2024-04-27 00:59:59', server: '2024-04-27 03:59:59' },
    );
    expect(await site.run('calculate_compliance')).toEqual({
      days: 3 + 1 + 3 + 2,
      present: 1,
      late: 1,
      earlyLeave: 0,
      incomplete: 0,
      absent: 3,
      off: 4,
      stillOpen: 0,
    });
    expect(await days(site, 1)).toEqual([
      '2024-04-24 present 475/0/0 2+1',
      '2024-04-25 absent 0/0/0 0+0',
      '2024-04-26 off 0/0/0 0+0',
    ]);
    // Hired on Thursday; Friday's night is not over.
    expect(await days(site, 2)).toEqual(['2024-04-25 late 370/20/30 2+0']);
    expect(await days(site, 3)).toEqual(
      ['24', '25', '26'].map((day) => `2024-04-${day} off 0/0/0 0+0`),
    );
    // Until the termination; and none for those who are inactive without one.
    expect(await days(site, 4)).toEqual(
      ['24', '25'].map((day) => `2024-04-${day} absent 0/0/0 0+0`),
    );
    expect(await days(site, 5)).toEqual([]);
    expect(await dirty(site)).toEqual([]);
  });

  it('keeps a day marked until its window has closed, and computes it then', async () => {
    await sync('t_lg202404', {
      id: 7,
      user: '001',
      at: '2024-04-27 05:00:00',
      server: '2024-04-27 08:00:00',
    });
    // Of the others, Friday's night is open until noon.
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 0, stillOpen: 1 });
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 0, stillOpen: 1 });

    // Saturday's window closes at 22:00, 19:00 UTC, exclusive: an event at that time is outside.
    now = Date.parse('2024-04-27T18:59:59Z');
    await sync('t_lg202404', {
      id: 8,
      user: '001',
      at: '2024-04-27 19:00:00',
      server: '2024-04-27 22:00:00',
    });
    expect(await site.run('calculate_compliance')).toMatchObject({
      days: 1,
      absent: 1,
      stillOpen: 1,
    });
    expect(await days(site, 2)).toEqual([
      '2024-04-25 late 370/20/30 2+0',
      '2024-04-26 absent 0/0/0 0+0',
    ]);
    now += 1_000;
    expect(await site.run('calculate_compliance')).toMatchObject({
      days: 1,
      incomplete: 1,
      stillOpen: 0,
    });
    expect((await days(site, 1)).at(-1)).toBe('2024-04-27 incomplete 0/0/0 1+0');
    now = Date.parse('2030-01-01T00:00:00Z');
  });

  it('corrects a finished day after a late event, and computes no other', async () => {
    await sync('t_lg202404', {
      id: 9,
      user: '001',
      at: '2024-04-25 05:55:00',
      server: '2024-04-27 09:00:00',
    });
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 1, incomplete: 1 });
    await sync('t_lg202404', {
      id: 10,
      user: '001',
      at: '2024-04-25 13:30:00',
      server: '2024-04-27 09:00:00',
    });
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 1, earlyLeave: 1 });
    expect((await days(site, 1))[1]).toBe('2024-04-25 early_leave 455/0/30 2+0');
  });

  it('begins earlier when an event shows that the site is older', async () => {
    await sync('t_lg202404', {
      id: 11,
      user: 'a stranger',
      at: '2024-04-22 10:00:00',
      server: '2024-04-27 22:00:00',
    });
    // Monday and Tuesday, for those who were employed: 1, 3 and 4.
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 6, absent: 4, off: 2 });
    expect((await days(site, 4)).map((day) => day.slice(0, 10))).toEqual(
      ['22', '23', '24', '25'].map((day) => `2024-04-${day}`),
    );
  });

  it('computes all days of an employee anew whose shift changed, and nobody else’s', async () => {
    await hris.execute("UPDATE TMS_Shift SET StartTime = '21:00' WHERE ID = 2");
    await site.run('hris_replication');
    await site.run('sync_attendance');
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 2, late: 1, absent: 1 });
    expect((await days(site, 2))[0]).toBe('2024-04-25 late 370/80/30 2+0');
  });

  it('computes anew what another schedule holds, not what the old one held', async () => {
    // The night shift becomes a day shift: Thursday's taps, at 22:20 and 05:30, are on other days now.
    await hris.execute('UPDATE TMS_ShiftAssignment SET ShiftID = 1 WHERE ID = 2');
    await site.run('hris_replication');
    await site.run('calculate_compliance');
    expect(await days(site, 2)).toEqual([
      '2024-04-25 absent 0/0/0 0+0',
      '2024-04-26 off 0/0/0 1+0',
      '2024-04-27 absent 0/0/0 0+0',
    ]);
  });

  it('knows no shift on the days of an assignment that vanished', async () => {
    await hris.execute('DELETE FROM TMS_ShiftAssignment WHERE ID = 2');
    await site.run('hris_replication');
    // Saturday was over when its day shift's window had closed; as an off day it lasts until midnight.
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 2, off: 2 });
    expect(await days(site, 2)).toEqual(['2024-04-25 off 0/0/0 1+0', '2024-04-26 off 0/0/0 1+0']);
  });

  it('takes back days that an employee no longer has', async () => {
    await hris.execute(
      "UPDATE HR_Employee SET TerminationDate = '2024-04-25' WHERE ID = 1",
      'UPDATE HR_Employee SET IsActive = 0 WHERE ID = 3',
    );
    await site.run('hris_replication');
    await site.run('sync_attendance');
    await site.run('calculate_compliance');
    expect((await days(site, 1)).map((day) => day.slice(0, 10)).at(-1)).toBe('2024-04-25');
    expect(await days(site, 3)).toEqual([]);
    expect(await dirty(site)).toEqual([]);
  });

  it.each([
    ['everything', {}, 4 + 2 + 4],
    ['one employee', { employee: 1 }, 4],
    ['from a day on', { from: '2024-04-25' }, 1 + 2 + 1],
    ['up to a day', { to: '2024-04-22' }, 1 + 0 + 1],
    ['one day of one employee', { from: '2024-04-24', to: '2024-04-24', employee: 4 }, 1],
    ['nothing', { employee: 99 }, 0],
  ])('computes %s anew when it is asked to', async (_, payload, count) => {
    const before = await site.dump();
    expect(await site.run('calculate_compliance', payload)).toMatchObject({ days: count });
    expect(await site.dump()).toEqual(before);
  });

  it.each([
    ['a date that there is not', { from: '2024-02-30' }, 'from: expected a date YYYY-MM-DD'],
    ['an unknown key', { form: '2024-02-01' }, 'form'],
  ])('refuses %s', async (_, payload, message) => {
    const { state, error } = await site.attempt('calculate_compliance', payload);
    expect(state).toBe('failed');
    expect(error?.message).toContain(message);
  });
});
