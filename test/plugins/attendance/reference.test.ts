// What docs/reference/attendance.md states beside its rules: unmatched events, neighbouring shifts, what `taps` counts.
import { Maria } from '../../../src/datasources/index.js';
import { hrisRows, hrisTables, logRows, logTable, openWritten, type Written } from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';

onBothEngines('the reference', (urls) => {
  let hris: Written;
  let site: Installed;

  const day = async (employee: number) => {
    const rows = await site.query<Record<string, unknown>>(
      Maria,
      `SELECT status, first_in AS firstIn, taps, collapsed FROM attendance_compliance_day
        WHERE employee_id = ${employee} AND work_date = '2024-01-10'`,
    );
    return rows[0];
  };

  beforeAll(async () => {
    hris = await openWritten(urls().hris);
    await using biostar = await openWritten(urls().biostar);
    await hris.execute(
      ...hrisTables,
      hrisRows(
        'HR_Employee',
        [1, '0042', 'One', 'واحد', 1, '2024-01-10', null],
        [2, 'old', 'Two', 'اثنان', 1, '2024-01-10', null],
      ),
      hrisRows(
        'TMS_Shift',
        [1, 'NIGHT', 'Night', 'ليلي', '22:00', '06:00', 0, 0, '1111111', 1],
        [2, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 0, 0, '1111111', 1],
      ),
      hrisRows(
        'TMS_ShiftAssignment',
        // A night shift that ends at six on the day of hiring, assigned to the day before it.
        [1, 1, 1, '2024-01-01', '2024-01-09'],
        [2, 1, 2, '2024-01-10', null],
        [3, 2, 2, '2024-01-10', null],
      ),
    );
    await biostar.execute(
      logTable('t_lg202401'),
      logRows(
        't_lg202401',
        { id: 1, user: '0042', at: '2024-01-10 06:59:59' },
        { id: 2, user: '0042', at: '2024-01-10 07:00:00' },
        { id: 3, user: '0042', at: '2024-01-10 07:01:00' },
        { id: 4, user: '0042', at: '2024-01-10 16:00:00' },
        { id: 5, user: 'new', at: '2024-01-10 08:00:00' },
        { id: 6, user: 'new', at: '2024-01-10 16:00:00' },
        { id: 7, user: 'visitor', at: '2024-01-11 03:00:00' },
      ),
    );
    site = await install(urls(), { attendance: { zone: 'UTC' } });
    await site.run('hris_replication');
    await site.run('sync_attendance');
    await site.run('calculate_compliance');
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
  });

  it('bounds a window by a shift outside the employment; the tap at the midpoint is the later one’s; taps are the kept ones', async () => {
    expect(await day(1)).toEqual({
      status: 'present',
      firstIn: Date.parse('2024-01-10T07:00:00Z') / 1_000,
      taps: 2,
      collapsed: 1,
    });
  });

  it('shows who tapped under an unknown code as absent, until a synchronisation after the replication', async () => {
    expect(await day(2)).toMatchObject({ status: 'absent', taps: 0 });
    await hris.execute("UPDATE HR_Employee SET Code = 'new' WHERE ID = 2");
    await site.run('hris_replication');
    await site.run('calculate_compliance');
    expect(await day(2)).toMatchObject({ status: 'absent', taps: 0 });
    expect(await site.run('sync_attendance')).toMatchObject({ resolved: 2, stored: 0 });
    await site.run('calculate_compliance');
    expect(await day(2)).toMatchObject({ status: 'present', taps: 2 });
  });
});
