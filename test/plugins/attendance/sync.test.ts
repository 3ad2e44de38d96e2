// sync_attendance on sources written by hand: cursors and overlap, months, matching, quarantine, dirty days.
import { Maria } from '../../../src/datasources/index.js';
import { hrisRows, hrisTables, logRows, logTable, openWritten, type Written } from './hand-made.js';
import { type Installed, install, onEachEngine, type Urls } from './installation.js';

const people = (...rows: (string | number | null)[][]): string =>
  hrisRows(
    'HR_Employee',
    ...rows.map(([id, code, hired, left = null]) => [
      id ?? null,
      code ?? null,
      `Name ${id}`,
      `اسم ${id}`,
      1,
      hired ?? null,
      left ?? null,
    ]),
  );

/** Marked days as `employee date`. */
async function dirtyDays(site: Installed): Promise<string[]> {
  const rows = await site.query<{ employee: number; day: number }>(
    Maria,
    'SELECT employee_id AS employee, day FROM attendance_dirty_day ORDER BY employee_id, day',
  );
  return rows.map(
    ({ employee, day }) => `${employee} ${new Date(day * 86_400_000).toISOString().slice(0, 10)}`,
  );
}

/** Stored events as `month:id user employee`. */
async function events(site: Installed): Promise<string[]> {
  const rows = await site.query<Record<string, unknown>>(
    Maria,
    `SELECT month, event_id AS id, user_code AS user, employee_id AS employee FROM attendance_event
      ORDER BY month, event_id`,
  );
  return rows.map(({ month, id, user, employee }) => `${month}:${id} ${user} ${employee ?? '-'}`);
}

onEachEngine('synchronisation', (urls) => {
  let hris: Written;
  let biostar: Written;
  let site: Installed;

  // In UTC, with an office shift every day; each test goes on from where the one before ended.
  beforeAll(async () => {
    hris = await openWritten(urls().hris);
    biostar = await openWritten(urls().biostar);
    await hris.execute(
      ...hrisTables,
      people(
        [1, '0042', '2024-01-01'],
        [2, '42', '2024-01-01'],
        [3, 'A-7', '2024-01-01', '2024-02-10'],
      ),
      hrisRows('TMS_Shift', [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 10, 10, '1111111', 1]),
      hrisRows('TMS_ShiftAssignment', ...[1, 2, 3].map((id) => [id, id, 1, '2024-01-01', null])),
    );
    site = await install(urls(), { attendance: { zone: 'UTC', overlap: 5, batchSize: 3 } });
    await site.run('hris_replication');
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
    await biostar[Symbol.asyncDispose]();
  });

  it('finds nothing where there is no log table, with a warning', async () => {
    await biostar.execute('CREATE TABLE t_lg202413 (x INT)', 'CREATE TABLE t_lg20240101 (x INT)');
    expect(await site.run('sync_attendance')).toMatchObject({ tables: 0, read: 0, dirtyDays: 0 });
    expect(site.warnings().at(-1)).toContain('no log table');
  });

  it('stores events of several months, each counting from 1, and marks the days they touch', async () => {
    await biostar.execute(
      logTable('t_lg202401'),
      logRows(
        't_lg202401',
        { id: 1, user: '0042', at: '2024-01-31 07:58:00' },
        { id: 2, user: '42', at: '2024-01-31 08:00:00' },
        { id: 4, user: '0042', at: '2024-01-31 16:02:00' },
        { id: 7, user: '0042 ', at: '2024-01-31 16:02:00' },
      ),
      logTable('t_lg202403'),
      logRows('t_lg202403', { id: 1, user: '0042', at: '2024-03-01 08:00:00' }),
    );
    expect(await site.run('sync_attendance')).toMatchObject({
      tables: 2,
      read: 5,
      stored: 5,
      unmatched: 1,
      dirtyDays: 3,
    });
    expect(await events(site)).toEqual([
      '202401:1 0042 1',
      '202401:2 42 2',
      '202401:4 0042 1',
      '202401:7 0042  -',
      '202403:1 0042 1',
    ]);
    expect(await dirtyDays(site)).toEqual(['1 2024-01-31', '1 2024-03-01', '2 2024-01-31']);
  });

  it('finds a lower id that was committed late within the overlap, and nothing before it', async () => {
    // The cursor of 202401 stands at 7, so ids above 2 are read again.
    await biostar.execute(
      logRows(
        't_lg202401',
        { id: 3, user: '42', at: '2024-01-30 08:00:00' },
        { id: 0, user: '42', at: '2024-01-29 08:00:00' },
      ),
    );
    expect(await site.run('sync_attendance')).toMatchObject({
      read: 4,
      stored: 1,
      duplicates: 3,
      dirtyDays: 1,
    });
    expect(await events(site)).toContain('202401:3 42 2');
    expect(await events(site)).not.toContain('202401:0 42 2');
  });

  it('finds late uploads in past tables', async () => {
    await biostar.execute(
      logRows('t_lg202401', {
        id: 8,
        user: '42',
        at: '2024-01-02 08:00:00',
        server: '2024-03-02 08:00:00',
      }),
    );
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 1, quarantined: 0 });
    expect(await dirtyDays(site)).toContain('2 2024-01-02');
  });

  it('quarantines what no clock can have shown, and passes over what is not attendance', async () => {
    await biostar.execute(
      logTable('t_lg202404'),
      logRows(
        't_lg202404',
        { id: 1, user: '42', at: '2024-04-01 08:10:00', server: '2024-04-01 08:00:00' },
        { id: 2, user: '42', at: '2024-04-01 08:10:01', server: '2024-04-01 08:00:00' },
        { id: 3, user: '42', at: '2024-04-01 08:00:00', server: '2025-04-02 08:00:00' },
        { id: 4, user: '42', at: '2024-04-01 08:00:00', server: '2025-04-02 08:00:01' },
        { id: 5, user: '42', at: '2024-04-01 09:00:00', server: null },
        { id: 6, user: '42', at: '2024-04-01 09:30:00', event: 0x1100 },
        { id: 7, user: null, at: '2024-04-01 09:30:00', event: 0x1201 },
      ),
    );
    expect(await site.run('sync_attendance')).toMatchObject({
      stored: 3,
      unmatched: 1,
      quarantined: 3,
      notAttendance: 1,
    });
    const reasons = 'SELECT event_id AS id, reason FROM attendance_quarantine ORDER BY event_id';
    expect(await site.query(Maria, reasons)).toEqual([
      { id: 2, reason: 'clock_ahead' },
      { id: 4, reason: 'clock_behind' },
      { id: 5, reason: 'no_time' },
    ]);
    const flagged =
      'SELECT event_id AS id, user_code AS user FROM attendance_event WHERE duress = 1';
    expect(await site.query(Maria, flagged)).toEqual([{ id: 7, user: '' }]);
  });

  it('keeps unmatched events, and finds their employee after a later replication', async () => {
    await biostar.execute(
      logTable('t_lg202405'),
      logRows(
        't_lg202405',
        { id: 1, user: 'A-7', at: '2024-05-06 08:00:00' },
        { id: 2, user: 'A-7', at: '2024-02-11 23:59:59', server: '2024-05-06 08:00:00' },
        { id: 3, user: 'A-7', at: '2024-02-12 00:00:00', server: '2024-05-06 08:00:00' },
      ),
    );
    // Employee 3 left on 10 February: the day after is still theirs, later ones are not.
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 3, unmatched: 2 });
    await hris.execute(
      people([4, 'A-7', '2024-05-01']),
      hrisRows('TMS_ShiftAssignment', [4, 4, 1, '2024-05-01', null]),
    );
    await site.run('hris_replication');
    expect(await site.run('sync_attendance')).toMatchObject({
      stored: 0,
      resolved: 1,
      moved: 0,
      dirtyDays: 1,
    });
    expect((await events(site)).filter((event) => event.startsWith('202405'))).toEqual([
      '202405:1 A-7 4',
      '202405:2 A-7 3',
      '202405:3 A-7 -',
    ]);
    expect(await dirtyDays(site)).toContain('4 2024-05-06');
  });

  it('moves events whose code turns out to have been reissued, and marks the days of both', async () => {
    await site.query(Maria, 'DELETE FROM attendance_dirty_day');
    // Employee 1 left on 28 February; 0042 belongs to employee 5 since 1 March.
    await hris.execute(
      "UPDATE HR_Employee SET TerminationDate = '2024-02-28' WHERE ID = 1",
      people([5, '0042', '2024-03-01']),
      hrisRows('TMS_ShiftAssignment', [5, 5, 1, '2024-03-01', null]),
    );
    await site.run('hris_replication');
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 0, resolved: 0, moved: 1 });
    expect(await events(site)).toContain('202403:1 0042 5');
    expect(await dirtyDays(site)).toEqual(['1 2024-03-01', '5 2024-03-01']);
  });

  it('reads a table from its beginning that went backwards, with a warning', async () => {
    const before = await events(site);
    await biostar.execute(
      'DROP TABLE t_lg202403',
      logTable('t_lg202403'),
      'DELETE FROM t_lg202401',
      logRows(
        't_lg202401',
        { id: 1, user: '0042', at: '2024-01-31 07:58:00' },
        { id: 5, user: '42', at: '2024-01-07 08:00:00' },
      ),
    );
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 1, duplicates: 1 + 4 + 3 });
    const warning = 'a log table went backwards and is read again from its beginning';
    expect(site.warnings().filter((message) => message === warning)).toHaveLength(2);
    expect(await events(site)).toEqual([...before, '202401:5 42 2'].sort());
    await site.run('sync_attendance');
    expect(site.warnings().filter((message) => message === warning)).toHaveLength(2);
  });

  it('stores events of a table that was made anew under ids that others had, from its beginning, with their number', async () => {
    const rows = (user: string, day: number, count: number) =>
      Array.from({ length: count }, (_, at) => ({
        id: at + 1,
        user,
        at: `2024-09-${String(day).padStart(2, '0')} 08:${10 + at}:00`,
      }));
    await biostar.execute(logTable('t_lg202409'), logRows('t_lg202409', ...rows('42', 2, 10)));
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 10, reusedIds: 0 });
    // As many rows as before and more: nothing goes backwards. The overlap of 5 shows what has happened.
    await biostar.execute(
      'DELETE FROM t_lg202409',
      logRows('t_lg202409', ...rows('42', 2, 1), ...rows('0042', 3, 11).slice(1)),
    );
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 10, reusedIds: 9 });
    const warning = 'a log table was made anew';
    const warned = () => site.warnings().filter((message) => message.startsWith(warning)).length;
    expect(warned()).toBe(1);
    const owners = await site.query<{ employee: number; n: number }>(
      Maria,
      `SELECT employee_id AS employee, COUNT(*) AS n FROM attendance_event WHERE month = 202409
        GROUP BY employee_id ORDER BY employee_id`,
    );
    expect(owners.map(({ n }) => n)).toEqual([10, 10]);
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 0, reusedIds: 0 });
    expect(warned()).toBe(1);
    await biostar.execute('DROP TABLE t_lg202409');
    await site.query(Maria, 'DELETE FROM attendance_event WHERE month = 202409');
    await site.query(Maria, 'DELETE FROM attendance_cursor WHERE month = 202409');
  });

  it.each([
    ['user', '0042', '2024-10-02 08:10:00'],
    ['device time', '42', '2024-10-02 08:11:00'],
  ])('tells such an event from the one before by the %s alone', async (_, user, at) => {
    const before = { id: 1, user: '42', at: '2024-10-02 08:10:00' };
    await biostar.execute(logTable('t_lg202410'), logRows('t_lg202410', before));
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 1 });
    await biostar.execute('DELETE FROM t_lg202410', logRows('t_lg202410', { id: 1, user, at }));
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 1, reusedIds: 1 });
    await biostar.execute('DROP TABLE t_lg202410');
    await site.query(Maria, 'DELETE FROM attendance_event WHERE month = 202410');
    await site.query(Maria, 'DELETE FROM attendance_cursor WHERE month = 202410');
  });

  describe('a run that is cut short while it takes in a table that was made anew', () => {
    const table = 't_lg202411';
    const rows = (user: string, day: number, count: number) =>
      Array.from({ length: count }, (_, at) => ({
        id: at + 1,
        user,
        at: `2024-11-0${day} 08:${10 + at}:00`,
      }));
    /** Stored events of both tables, as `device time user`, each as often as it is stored. */
    const stored = () =>
      site.query<{ at: number; user: string }>(
        Maria,
        `SELECT device_at AS at, user_code AS user FROM attendance_event WHERE month = 202411
          ORDER BY device_at`,
      );
    const asStored = (literals: readonly { user: string; at: string }[]) =>
      literals.map(({ user, at }) => ({
        at: Date.parse(`${at.replace(' ', 'T')}Z`) / 1_000,
        user,
      }));
    const before = rows('42', 2, 10);
    // Of those in the overlap there are fewer than a page: nothing but the cursor tells the next run to read the others.
    const anew = rows('0042', 3, 11).filter(({ id }) => id < 6 || id === 8 || id === 11);

    beforeEach(async () => {
      await biostar.execute(logTable(table), logRows(table, ...before));
      expect(await site.run('sync_attendance')).toMatchObject({ stored: 10 });
      await biostar.execute(`DELETE FROM ${table}`, logRows(table, ...anew));
    });
    afterEach(async () => {
      site.onProgress(() => undefined);
      await biostar.execute(`DROP TABLE ${table}`);
      await site.query(Maria, 'DELETE FROM attendance_event WHERE month = 202411');
      await site.query(Maria, 'DELETE FROM attendance_cursor WHERE month = 202411');
      await site.query(Maria, 'DELETE FROM attendance_dirty_day');
    });

    async function expectWhole(): Promise<void> {
      expect(await stored()).toEqual(asStored([...before, ...anew]));
      const [cursor] = await site.query<{ last: unknown }>(
        Maria,
        'SELECT last_id AS last FROM attendance_cursor WHERE month = 202411',
      );
      expect(Number(cursor?.last)).toBe(11);
      expect(await site.run('sync_attendance')).toMatchObject({ stored: 0, reusedIds: 0 });
    }

    // Its first page shows that ids were reused, and puts the cursor back; the others are those from the beginning.
    it.each([1, 2])('loses and doubles nothing when it ends after its page %i', async (pages) => {
      let read = 0;
      site.onProgress((_, message) => {
        if (!message?.startsWith(table)) return;
        read += 1;
        if (read === pages) site.stop();
      });
      expect((await site.attempt('sync_attendance')).state).toBe('returned');
      expect(read).toBe(pages);
      site.onProgress(() => undefined);
      expect((await stored()).length).toBeLessThan(before.length + anew.length);
      await site.run('sync_attendance');
      await expectWhole();
    });

    it('loses and doubles nothing when the transaction fails that puts the cursor back', async () => {
      const unchanged = await site.dump();
      await failOnDay(site, urls(), '2024-11-03');
      const { state, error } = await site.attempt('sync_attendance');
      expect([state, error?.message]).toEqual(['failed', expect.stringContaining('not today')]);
      expect(await site.dump()).toEqual(unchanged);
      await site.query(Maria, 'DROP TRIGGER not_today');
      await site.run('sync_attendance');
      await expectWhole();
    });
  });

  it('goes on without a table that is gone', async () => {
    const before = await events(site);
    await biostar.execute('DROP TABLE t_lg202405');
    expect(await site.run('sync_attendance')).toMatchObject({ tables: 3, stored: 0 });
    expect(await events(site)).toEqual(before);
  });

  it('goes on without a table that vanishes while it is being read', async () => {
    await biostar.execute(
      logTable('t_lg202406'),
      logRows(
        't_lg202406',
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((id) => ({
          id,
          user: '42',
          at: `2024-06-03 08:00:${10 + id}`,
        })),
      ),
      logTable('t_lg202407'),
      logRows('t_lg202407', { id: 1, user: '42', at: '2024-07-01 08:00:00' }),
    );
    let dropped: Promise<void> | undefined;
    site.onProgress((_, message) => {
      if (message?.startsWith('t_lg202404')) dropped ??= biostar.execute('DROP TABLE t_lg202406');
    });
    await site.run('sync_attendance');
    await dropped;
    expect(dropped).toBeDefined();
    expect(await events(site)).toContain('202407:1 42 2');
  });

  it('remembers the earliest event and the latest server time of a table, in whatever order they come', async () => {
    const table = 't_lg202408';
    await biostar.execute(
      logTable(table),
      logRows(
        table,
        { id: 1, user: '42', at: '2024-08-02 08:00:00', server: '2024-08-05 12:00:00' },
        { id: 2, user: '42', at: '2024-08-02 08:10:00' },
        { id: 3, user: '42', at: '2024-08-02 08:20:00' },
        { id: 4, user: '42', at: '2024-08-01 08:00:00', server: '2024-08-02 12:00:00' },
        { id: 5, user: '42', at: '2024-08-02 08:30:00' },
        { id: 6, user: '42', at: '2024-08-02 08:40:00' },
        { id: 7, user: '42', at: '2024-08-02 08:50:00' },
      ),
    );
    await site.run('sync_attendance');
    const sql = 'SELECT earliest_at AS first, latest_server_at AS last FROM attendance_cursor';
    const [times] = await site.query<Record<string, number>>(Maria, `${sql} WHERE month = 202408`);
    expect(times).toEqual({
      first: Date.parse('2024-08-01T08:00:00Z') / 1_000,
      last: Date.parse('2024-08-05T12:00:00Z') / 1_000,
    });
  });

  it('leaves nothing of a page whose transaction fails, and stores it in the next run', async () => {
    const before = await site.dump();
    await failOnDay(site, urls(), '2024-07-03');
    await biostar.execute(
      logRows(
        't_lg202407',
        ...[1, 2, 3, 4].map((id) => ({ id: 1 + id, user: '42', at: `2024-07-0${id} 12:00:00` })),
      ),
    );
    const { state, error } = await site.attempt('sync_attendance');
    expect([state, error?.message]).toEqual(['failed', expect.stringContaining('not today')]);
    // The first page of three went through, the second one left nothing, neither event nor cursor.
    const after = await site.dump();
    expect(after.attendance_event?.length).toBe((before.attendance_event?.length ?? 0) + 2);
    expect(after.attendance_cursor?.join()).toContain('"last_id":3');

    await site.query(Maria, 'DROP TRIGGER not_today');
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 2 });
    expect((await events(site)).filter((event) => event.startsWith('202407'))).toHaveLength(5);
    expect(await dirtyDays(site)).toContain('2 2024-07-03');
  });
});

/** Makes Maria refuse to mark a day. */
async function failOnDay(site: Installed, urls: Urls, date: string): Promise<void> {
  const day = Date.parse(date) / 86_400_000;
  const body = urls.maria.startsWith('sqlite:')
    ? `WHEN NEW.day = ${day} BEGIN SELECT RAISE(ABORT, 'not today'); END`
    : `FOR EACH ROW IF NEW.day = ${day} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'; END IF`;
  await site.query(Maria, `CREATE TRIGGER not_today BEFORE INSERT ON attendance_dirty_day ${body}`);
}
