// Replicated rows with dates or times that do not exist, as a version before stored them: their employees are left out
// and named, the others go on, and what arrived meanwhile is found when they are corrected.
import { Maria } from '../../../src/datasources/index.js';
import { hrisRows, hrisTables, logRows, logTable, openWritten, type Written } from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';

onBothEngines('replicated rows that cannot be read', (urls) => {
  let biostar: Written;
  let site: Installed;

  const days = () =>
    site.query(
      Maria,
      `SELECT employee_id AS employee, CAST(work_date AS CHAR(10)) AS date, status
         FROM attendance_compliance_day ORDER BY employee_id, work_date`,
    );
  /** Changes what is replicated behind the back of hris_replication. */
  const store = async (...statements: readonly string[]) => {
    for (const sql of [...statements, 'UPDATE hris_revision SET revision = revision + 1']) {
      await site.query(Maria, sql);
    }
  };
  const owners = () =>
    site.query(
      Maria,
      'SELECT event_id AS id, employee_id AS employee FROM attendance_event ORDER BY event_id',
    );

  beforeAll(async () => {
    await using hris = await openWritten(urls().hris);
    biostar = await openWritten(urls().biostar);
    const ids = [1, 2, 3, 4, 5];
    await hris.execute(
      ...hrisTables,
      hrisRows('HR_Employee', ...ids.map((id) => [id, `00${id}`, 'N', 'ن', 1, '2024-01-01', null])),
      hrisRows(
        'TMS_Shift',
        [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 0, 0, '1111111', 1],
        [2, 'TOO', 'Too', 'أيضا', '08:00', '16:00', 0, 0, '1111111', 1],
      ),
      hrisRows(
        'TMS_ShiftAssignment',
        ...ids.map((id) => [id, id, id === 5 ? 2 : 1, '2024-01-01', null]),
      ),
    );
    await biostar.execute(
      logTable('t_lg202401'),
      logRows(
        't_lg202401',
        { id: 1, user: '001', at: '2024-01-15 08:00:00' },
        { id: 2, user: '002', at: '2024-01-15 08:00:00' },
      ),
    );
    site = await install(urls(), { attendance: { zone: 'UTC' } });
    await site.run('hris_replication');
    await site.run('sync_attendance');
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await biostar[Symbol.asyncDispose]();
  });

  it('are left out and named, and everybody else’s events and days go on', async () => {
    await store(
      "UPDATE hris_employee SET hire_date = '0000-00-00' WHERE id = 2",
      "UPDATE hris_employee SET termination_date = '0000-00-00' WHERE id = 3",
      "UPDATE hris_shift_assignment SET start_date = '0000-00-00' WHERE id = 4",
      "UPDATE hris_shift SET start_time = '99:00' WHERE id = 2",
    );
    await biostar.execute(
      logRows(
        't_lg202401',
        { id: 3, user: '001', at: '2024-01-15 16:00:00' },
        { id: 4, user: '002', at: '2024-01-15 16:00:00' },
        { id: 5, user: 'x', at: '2024-01-16 03:00:00' },
      ),
    );
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 3, unmatched: 2, moved: 0 });
    expect(await owners()).toEqual([
      { id: 1, employee: 1 },
      { id: 2, employee: 2 },
      { id: 3, employee: 1 },
      { id: 4, employee: null },
      { id: 5, employee: null },
    ]);
    await site.run('calculate_compliance');
    expect(await days()).toEqual([
      { employee: 1, date: '2024-01-15', status: 'present' },
      // No shift holds that can be read.
      { employee: 4, date: '2024-01-15', status: 'off' },
      { employee: 5, date: '2024-01-15', status: 'off' },
    ]);
    const warned = site.warnings().filter((message) => message.includes('do not exist'));
    expect(warned).toHaveLength(2);
  });

  it('count again when they are corrected, with what arrived meanwhile', async () => {
    await store(
      "UPDATE hris_employee SET hire_date = '2024-01-01' WHERE id = 2",
      "UPDATE hris_employee SET termination_date = '9999-12-31' WHERE id = 3",
      "UPDATE hris_shift_assignment SET start_date = '0001-01-01' WHERE id = 4",
      "UPDATE hris_shift SET start_time = '08:00' WHERE id = 2",
    );
    expect(await site.run('sync_attendance')).toMatchObject({ resolved: 1, moved: 0 });
    await site.run('calculate_compliance');
    expect(await days()).toEqual(
      ['present', 'present', 'absent', 'absent', 'absent'].map((status, at) => ({
        employee: at + 1,
        date: '2024-01-15',
        status,
      })),
    );
  });
});
